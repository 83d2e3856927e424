-- What pandoc has no words for, said in Typst and in Word.
-- A box is a function of paper.typ; a style is one of reference.docx.
local typst = FORMAT == "typst"
local BOXES = { "head", "lead", "answer", "finding", "what", "note", 
  "key", "card", "signature", "appendix", "notes", "imprint", "cover" }
local STYLES = { lead = "Lead", answer = "Answer", finding = "Finding", what = "What",
  note = "Note", notes = "Note", imprint = "Note", signature = "Officer" }
local PAGE_BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
local BLANK = '<w:sdt><w:sdtPr><w:alias w:val="%s"/><w:text/></w:sdtPr><w:sdtContent>'
  .. "<w:r><w:t>[%s]</w:t></w:r></w:sdtContent></w:sdt>"

local function raw(text) return pandoc.RawBlock("typst", text) end
local function raw_inline(text) return pandoc.RawInline("typst", text) end
local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", " ") .. '"'
end

local function class_of(element)
  for _, box in ipairs(BOXES) do
    if element.classes:includes(box) then return box end
  end
end

-- Terms and what is said of them, as arguments of a function: Typst's own terms lose their place
-- among the tags of a PDF when they are laid out anew.
function DefinitionList(list)
  if not typst then return nil end
  local blocks = pandoc.Blocks { raw("#definitions(") }
  for _, item in ipairs(list.content) do
    local term = item[1]
    term:insert(1, raw_inline("["))
    term:insert(raw_inline("],"))
    blocks:extend { pandoc.Plain(term), raw("[") }
    blocks:extend(item[2][1])
    blocks:insert(raw("],"))
  end
  blocks:insert(raw(")"))
  return blocks
end

-- The numbers of a sentence stay on one line.
function Superscript(numbers)
  if typst then return { raw_inline("#sym.wj#box["), numbers, raw_inline("]") } end
end

-- In Word a number that leads to a note is quiet, no blue link.
function Link(link)
  if typst or not link.target:match("^#note%-") then return nil end
  link.content = { pandoc.Span(link.content, { ["custom-style"] = "Source Link" }) }
  return link
end

-- The head of a paper in Word: label over value, three in a row.
local function head_table(list)
  local rows, row = {}, {}
  for _, item in ipairs(list.content) do
    local cell = pandoc.Inlines { pandoc.Strong(item[1]), pandoc.LineBreak() }
    cell:extend(pandoc.utils.blocks_to_inlines(item[2][1]))
    row[#row + 1] = { pandoc.Plain(cell) }
    if #row == 3 then rows[#rows + 1], row = row, {} end
  end
  while #row > 0 and #row < 3 do row[#row + 1] = {} end
  if #row > 0 then rows[#rows + 1] = row end
  local left, third = pandoc.AlignLeft, 1 / 3
  return pandoc.utils.from_simple_table(pandoc.SimpleTable(
    {}, { left, left, left }, { third, third, third }, {}, rows))
end

-- The key figures in Word: a line for each, the figure first.
local function figure_lines(list)
  local blocks = pandoc.Blocks {}
  for _, item in ipairs(list.content) do
    local line = pandoc.Inlines { pandoc.Strong(pandoc.utils.blocks_to_inlines(item[2][1])) }
    line:insert(pandoc.Space())
    line:extend(item[1])
    blocks:insert(pandoc.Plain(line))
  end
  return blocks
end

-- What is known of a place, in Word: all in one paragraph.
local function card_line(list)
  local line = pandoc.Inlines {}
  for _, item in ipairs(list.content) do
    if #line > 0 then line:extend { pandoc.Space(), pandoc.Str "·", pandoc.Space() } end
    line:insert(pandoc.Strong(item[1]))
    line:extend { pandoc.Str ":", pandoc.Space() }
    line:extend(pandoc.utils.blocks_to_inlines(item[2][1]))
  end
  return pandoc.Para(line)
end

local function boxed(class, content)
  if typst and (class == "head" or class == "key") then
    return content:walk { RawBlock = function(block)
      block.text = block.text:gsub("^#definitions", "#" .. class)
      return block
    end }
  elseif typst then
    content:insert(1, raw("#" .. class .. "["))
    content:insert(raw("]"))
    return content
  elseif class == "head" then
    return content:walk { DefinitionList = head_table }
  elseif class == "key" then
    return content:walk { DefinitionList = figure_lines }
  elseif class == "card" then
    return content:walk { DefinitionList = card_line }
  elseif class == "appendix" then
    content:insert(1, pandoc.RawBlock("openxml", PAGE_BREAK))
  end
  return pandoc.Div(content, STYLES[class] and { ["custom-style"] = STYLES[class] })
end

function Div(div)
  local class = class_of(div)
  if class then return boxed(class, div.content) end
  return div.identifier == "" and div.content or nil
end

-- A picture with what stands before and after it.
function Figure(figure)
  if #figure.caption.long > 0 then
    figure.content:extend(pandoc.Blocks(boxed("note", pandoc.Blocks(figure.caption.long))))
  end
  if not typst then return figure.content end
  local drawing, parts = nil, { pandoc.Blocks {}, pandoc.Blocks {} }
  for _, block in ipairs(figure.content) do
    block:walk { Image = function(image) drawing = drawing or image end }
    if not drawing or not block.content or block.content[1] ~= drawing then
      parts[drawing and 2 or 1]:insert(block)
    end
  end
  local alt = quoted(pandoc.utils.stringify(drawing.caption))
  local blocks = pandoc.Blocks { raw("#illustration(" .. quoted(drawing.src) .. ", " .. alt .. ", [") }
  blocks:extend(parts[1])
  blocks:insert(raw("], ["))
  blocks:extend(parts[2])
  blocks:insert(raw("])"))
  return blocks
end

-- Typst knows how wide its letters are, pandoc only how many there are.
function Table(table)
  if not typst then return nil end
  table.colspecs = table.colspecs:map(function(column) return { column[1], nil } end)
  return table
end

function Span(span)
  local class, lang, content = span.classes[1], span.attributes.lang, span.content
  local function wrapped(start)
    content:insert(1, raw_inline(start .. "["))
    content:insert(raw_inline("]"))
    return content
  end
  if class == "blank" then
    local safe = {}
    for i, name in ipairs { "label", "aria-label" } do
      local words = span.attributes[name] or ""
      safe[i] = words:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;")
    end
    return typst and raw_inline("#blank[]") or pandoc.RawInline("openxml", BLANK:format(safe[1], safe[2]))
  elseif class == "detail" and typst then
    return wrapped("#detail")
  elseif class == "detail" then
    return { pandoc.LineBreak(), pandoc.Span(content, { ["custom-style"] = "Detail" }) }
  elseif lang and typst then
    return wrapped("#text(region: none, lang: " .. quoted(lang) .. ")")
  end
end
