--- Shows text in a window of its own, below.
local M = {}

---@type integer?
local window

--- Make it as high as its text, lines that go on in the next one and its own title included, up to half the screen.
local function fit()
  local height = vim.api.nvim_win_text_height(window, {}).all + 1
  vim.api.nvim_win_set_height(window, math.max(3, math.min(height, math.floor(vim.o.lines / 2))))
end

--- Show lines in a scratch buffer; `q` closes it. The cursor stays where it was, unless somebody came to read.
---@param name string
---@param lines string[]
---@param syntax string
---@param enter? boolean Whether the cursor goes there.
function M.show(name, lines, syntax, enter)
  M.close()
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].syntax = syntax
  vim.bo[buffer].modifiable = false
  vim.keymap.set('n', 'q', M.close, { buffer = buffer, desc = 'Close' })
  window = vim.api.nvim_open_win(buffer, enter or false, { split = 'below' })
  vim.wo[window].winbar = (enter and name .. ' · q: close' or name):gsub('%%', '%%%%')
  if enter then
    vim.wo[window].wrap, vim.wo[window].linebreak = true, true
  end
  fit()
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
