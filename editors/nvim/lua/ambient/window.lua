--- Shows text in a window of its own, below.
local M = {}

---@type integer?
local window

--- Show lines in a scratch buffer; `q` closes it. The cursor stays where it was.
---@param name string
---@param lines string[]
---@param syntax string
function M.show(name, lines, syntax)
  M.close()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].syntax = syntax
  vim.bo[buffer].modifiable = false
  vim.keymap.set('n', 'q', M.close, { buffer = buffer, desc = 'Close' })
  local height = math.max(3, math.min(#lines, math.floor(vim.o.lines / 2)))
  window = vim.api.nvim_open_win(buffer, false, { split = 'below', height = height })
  vim.wo[window].winbar = name:gsub('%%', '%%%%')
  vim.cmd.redraw()
end

--- Show a unified diff.
---@param title string
---@param diff string
function M.diff(title, diff)
  M.show(title, vim.split(diff, '\n', { trimempty = true }), 'diff')
end

--- Show a file.
---@param name string
---@param path string
---@param syntax string
function M.file(name, path, syntax)
  M.show(name, vim.fn.readfile(path), syntax)
end

--- Close what is shown.
function M.close()
  if window and vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_win_close(window, true)
  end
  window = nil
end

return M
