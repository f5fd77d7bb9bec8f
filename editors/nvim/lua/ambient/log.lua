--- `:Ambient log`: what the plugin did, and what the server wrote, without what other servers wrote.
local M = {}

local MOST = 200
local LONGEST = 1024 * 1024 -- bytes of Neovim's log that are looked at, from its end

---@type string[]
local notes = {}

--- Remember what the plugin did.
---@param words string
function M.note(words)
  notes[#notes + 1] = os.date('%H:%M:%S ') .. words
  if #notes > MOST then
    table.remove(notes, 1)
  end
end

--- What the server wrote to its standard error, which Neovim keeps in its own log as quoted text.
---@param path string
---@return string[]
local function of_server(path)
  local handle = io.open(path, 'rb')
  if not handle then
    return {}
  end
  handle:seek('set', math.max(0, handle:seek('end') - LONGEST))
  local lines = {} ---@type string[]
  for line in handle:lines() do
    local mark, quoted = line:match('"rpc"%s+"[^"]*ambient[^"]*"%s+"stderr"%s+(["\'])(.*)%1%s*$')
    if mark then
      local text = quoted:gsub('\\n', '\n'):gsub('\\t', '\t'):gsub('\\"', '"'):gsub('\\\\', '\\')
      vim.list_extend(lines, vim.split(text, '\n', { trimempty = true }))
    end
  end
  handle:close()
  return lines
end

--- Return all of it as lines of text.
---@return string[]
function M.lines()
  local path = vim.lsp.log.get_filename()
  local lines = { 'What the plugin did:', '' }
  vim.list_extend(lines, notes)
  vim.list_extend(lines, { '', 'What the server wrote, from ' .. path .. ':', '' })
  local written = of_server(path)
  return vim.list_extend(lines, #written > 0 and written or { 'nothing' })
end

return M
