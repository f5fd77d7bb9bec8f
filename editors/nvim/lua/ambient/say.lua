--- Says something unasked in one line: a longer one would have to be answered with Enter.
local M = {}

--- Cut a text at its end where it is too wide.
---@param text string
---@param width integer
---@return string
function M.cut(text, width)
  if vim.fn.strdisplaywidth(text) <= width then
    return text
  end
  return vim.fn.strcharpart(text, 0, math.max(width - 1, 1)) .. '…'
end

--- Say it. `%s` in the words is for a name, which is cut first if there is no room for all of it.
---@param words string
---@param name string
---@param level? integer
function M.briefly(words, name, level)
  local room = vim.v.echospace - vim.fn.strdisplaywidth(words:format(''))
  vim.notify(M.cut(words:format(M.cut(name, room)), vim.v.echospace), level)
end

return M
