-- What pandoc has no words for, said in Typst and in Word.
-- A box is a function of paper.typ; a style is one of reference.docx.
local BOXES = { "head", "lead", "answer", "illustration", "finding", "what", "note", "origin", "key",
  "card", "signature", "appendix", "notes", "imprint", "cover" }
local STYLES = { lead = "Lead", answer = "Answer", finding = "Finding", what = "What",
  note = "Note", origin = "Note", notes = "Note", imprint = "Note", signature = "Note" }
local PAGE_BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
local BLANK = '<w:sdt><w:sdtPr><w:alias w:val="%s"/><w:text/></w:sdtPr><w:sdtContent>'
  .. "<w:r><w:t>[%s]</w:t></w:r></w:sdtContent></w:sdt>"
local typst = FORMAT == "typst"

local function quoted(text)
  return '"' .. text:gsub("[\\\"]", "\\%0"):gsub("\n", " ") .. '"'
end

local function class_of(element)
  for _, box in ipairs(BOXES) do
    if element.classes:includes(box) then return box end
  end
end

-- The head of a paper: label over value, three in a row.
local function head_table(list)
  local rows, row = {}, {}
  for _, item in ipairs(list.content) do
    local cell = pandoc.Inlines { pandoc.Strong(item[1]), pandoc.LineBreak() }
    cell:extend(pandoc.utils.blocks_to_inlines(item[2][1]))
    row[#row + 1] = { pandoc.Plain(cell) }
    if #row == 3 then rows[#rows + 1], row = row, {} end
  end
  if #row > 0 then
    while #row < 3 do row[#row + 1] = {} end
    rows[#rows + 1] = row
  end
  local left = pandoc.AlignLeft
  local widths = { 1 / 3, 1 / 3, 1 / 3 }
  return pandoc.utils.from_simple_table(
    pandoc.SimpleTable({}, { left, left, left }, widths, {}, rows))
end

-- Typst's own terms lose their place among the tags when they are laid out anew.
function DefinitionList(list)
  if typst then
    local blocks = pandoc.Blocks { pandoc.RawBlock("typst", "#definitions(") }
    for _, item in ipairs(list.content) do
      for _, part in ipairs { { pandoc.Plain(item[1]) }, item[2][1] } do
        blocks:insert(pandoc.RawBlock("typst", "["))
        blocks:extend(part)
        blocks:insert(pandoc.RawBlock("typst", "],"))
      end
    end
    blocks:insert(pandoc.RawBlock("typst", ")"))
    return blocks
  end
end

function Div(div)
  if div.classes:includes("figure") then div.classes:insert("illustration") end
  local class, content = class_of(div), div.content
  if typst then
    if class == "head" or class == "key" then
      content = content:walk { RawBlock = function(raw)
        raw.text = raw.text:gsub("^#definitions", "#" .. class)
        return raw
      end }
    elseif class then
      content:insert(1, pandoc.RawBlock("typst", "#" .. class .. "["))
      content:insert(pandoc.RawBlock("typst", "]"))
    end
    return div.identifier ~= "" and div or content
  end
  if class == "head" then
    return content:walk { DefinitionList = head_table }
  elseif class == "appendix" or class == "cover" then
    content:insert(class == "cover" and #content + 1 or 1, pandoc.RawBlock("openxml", PAGE_BREAK))
    return content
  end
  div.attributes["custom-style"] = STYLES[class]
  return div
end

function Span(span)
  local class, lang = span.classes[1], span.attributes.lang
  local said = pandoc.utils.stringify(span)
  if class == "blank" and typst then
    return pandoc.RawInline("typst", "#blank[]")
  elseif class == "blank" then
    local safe = said:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;")
    return pandoc.RawInline("openxml", BLANK:format(safe, safe))
  elseif class == "detail" and typst then
    span.content:insert(1, pandoc.RawInline("typst", "#detail["))
    span.content:insert(pandoc.RawInline("typst", "]"))
    return span.content
  elseif class == "detail" then
    span.content:insert(1, pandoc.LineBreak())
    return span.content
  elseif lang and typst then
    span.content:insert(1, pandoc.RawInline("typst", "#text(lang: " .. quoted(lang) .. ")["))
    span.content:insert(pandoc.RawInline("typst", "]"))
    return span.content
  end
end

function Image(image)
  if typst then
    local alt = quoted(pandoc.utils.stringify(image.caption))
    return pandoc.RawInline("typst", "#picture(" .. quoted(image.src) .. ", " .. alt .. ")")
  end
end

-- Typst finds the widths of columns better than we do.
function Table(tabled)
  if typst then
    for _, column in ipairs(tabled.colspecs) do column[2] = nil end
    return tabled
  end
end
