-- The pages are read once, and written as the body of a Typst source and as a Word file.
local function write(name, content)
  local file = assert(io.open(name, "wb"))
  assert(file:write(content))
  assert(file:close())
end

local function filtered(doc, filter, format)
  local globals = setmetatable({ FORMAT = format }, { __index = _G })
  return pandoc.utils.run_lua_filter(doc, filter, globals)
end

-- Word takes no SVG; no picture but ours is read.
local function as_dots(image)
  local name = image.src:match("^(picture%-%d+)%.svg$")
  if not name then return {} end
  image.src = name .. ".png"
  return image
end

local page = pandoc.read(io.read("a"), "html", {}, {}) -- in its sandbox: it reads no file
page = filtered(page, "notes.lua")
write("body.typ", pandoc.write(filtered(page, "paper.lua", "typst"), "typst") .. "\n")
local word = filtered(page, "paper.lua", "docx"):walk { Image = as_dots }
-- the author is a property alone; so is the title of a memo, which has its own on the page
local template = pandoc.template.default("docx"):gsub("%$for%(author%)%$.-%$endfor%$", "")
if pandoc.utils.stringify(word.meta.kind) == "memo" then
  template = template:gsub("%$if%(title%)%$.-%$endif%$", "", 1)
end
word.meta.kind = nil
write("body.docx", pandoc.write(word, "docx",
  { reference_doc = "reference.docx", template = pandoc.template.compile(template) }))
