-- The numbers of notes, spans of class "ref" in the page: each once at the end of the sentence that
-- rests on them, a heading's after the sentence that follows it. Links only where they lead
-- somewhere. And tables as wide as a page.
local ends, waiting = {}, {}

local function is_note(inline)
  return inline.t == "Span" and inline.classes:includes("ref")
end

-- The numbers that wait, neighbours joined, each a link.
local function numbers()
  table.sort(waiting)
  local result, first, last = pandoc.Inlines {}, nil, nil
  local function link(number)
    return pandoc.Link(tostring(number), "#note-" .. number)
  end
  local function close()
    if first and last > first then result:extend { pandoc.Str "–", link(last) } end
  end
  for _, number in ipairs(waiting) do
    if last and number > last + 1 then
      close()
      result:extend { pandoc.Str ",", pandoc.Space() }
      first = nil
    end
    if not first then
      result:insert(link(number))
      first = number
    end
    last = number
  end
  close()
  waiting = {}
  return pandoc.Superscript(result)
end

-- What an inline says without its notes, which are set to wait.
local function without_notes(inline)
  if inline.t == "Str" then return { inline } end -- most are, and a walk costs
  return pandoc.Inlines { inline }:walk { Span = function(span)
    if is_note(span) then
      waiting[#waiting + 1] = tonumber(pandoc.utils.stringify(span))
      return {}
    end
  end }
end

local function stripped(inlines)
  local first = inlines[1]
  local text = #inlines == 1 and first.t == "Str" and first.text or pandoc.utils.stringify(inlines)
  for _, sign in ipairs { "”", "“", "’", "»", "«", '"', "%(", "%)" } do
    text = text:gsub(sign, "")
  end
  return text
end

local function ends_sentence(inlines)
  local text = stripped(inlines)
  return text:match("[.!?]$") or text:match("…$")
end

-- A sentence goes on where a small letter follows: "t.ex. orten".
local function goes_on(inlines)
  local letter = stripped(inlines):match(utf8.charpattern) or ""
  return pandoc.text.upper(letter) ~= letter
end

local function has_notes(block)
  local found = false
  block:walk { Span = function(span) found = found or is_note(span) end }
  return found
end

local function cited(block)
  if #waiting == 0 and not has_notes(block) then return block, false end
  local result, blank, last = {}, nil, nil
  for _, inline in ipairs(block.content) do
    local tag = inline.t -- to ask for it takes long
    if tag == "Span" and is_note(inline) then
      without_notes(inline)
    elseif tag == "Space" or tag == "SoftBreak" then
      blank = blank or inline
    else
      if #waiting > 0 and blank and last and ends_sentence(last) and not goes_on { inline } then
        result[#result + 1] = numbers()
      end
      result[#result + 1], blank = blank, nil
      last = tag == "Str" and { inline } or without_notes(inline)
      table.move(last, 1, #last, #result + 1, result)
    end
  end
  if #result > 0 and #waiting > 0 then result[#result + 1] = numbers() end
  block.content = result
  return block, false
end

local function terms(list)
  for _, item in ipairs(list.content) do
    item[1] = cited(pandoc.Plain(item[1])).content
  end
  return list
end

local function heading(block)
  block.content = block.content:walk { Inline = function(inline)
    return is_note(inline) and without_notes(inline) or nil
  end }
  return block, false
end

local function find_end(block)
  ends["#" .. block.identifier] = true
end

-- Numbers to the right; of the width, each column gets room for its longest word, if it is no longer
-- than words are (it is broken then), and of the rest a share by what it holds.
local LETTER, PADDING, WORD, LONGEST = 1.1, 2.3, 32, 60 -- per cent of the width; letters
local function spread(tabled)
  local word, longest = {}, {}
  local rows = tabled.head.rows:clone()
  for _, body in ipairs(tabled.bodies) do rows:extend(body.body) end
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row.cells) do
      if cell.col_span > 1 then return nil end
      local text = pandoc.utils.stringify(cell.contents)
      word[i] = word[i] or 0
      for part in text:gmatch("[^ ]+") do word[i] = math.max(word[i], utf8.len(part)) end
      longest[i] = math.max(longest[i] or 1, math.min(LONGEST, 1 + utf8.len(text)))
      if cell.classes:includes("num") then tabled.colspecs[i][1] = pandoc.AlignRight end
    end
  end
  local needed, all, cap = 0, 0, WORD + 1
  local function least(i) return LETTER * (PADDING + math.min(cap, word[i])) end
  repeat -- where there is no room, the longest words are broken first
    needed, all, cap = 0, 0, cap - 1
    for i, width in ipairs(longest) do
      needed, all = needed + least(i), all + width
    end
  until needed <= 100 or cap == 1
  local spare = math.max(0, 100 - needed)
  for i, width in ipairs(longest) do
    local share = least(i) + spare * width / all
    tabled.colspecs[i] = { tabled.colspecs[i][1], share / math.max(100, needed) }
  end
  return tabled
end

function Pandoc(doc)
  doc = doc:walk {
    traverse = "topdown", Para = cited, Plain = cited, Header = heading, DefinitionList = terms,
  }
  doc:walk { Header = find_end, Div = find_end }
  return doc:walk { Table = spread, Link = function(link)
    return not ends[link.target] and not link.target:match("^https?://") and link.content or nil
  end }
end
