-- Types, takes two fixes in a row without saving, and undoes the second, as a user of Neovim would.
-- Run by test_typing.py with `nvim -l`; an error is exit code 1.
local function wait(what, check)
  assert(vim.wait(60000, check, 20), 'timeout: ' .. what)
end

vim.opt.runtimepath:prepend(vim.env.AMBIENT_PLUGIN)
vim.opt.swapfile = false
vim.cmd.filetype('plugin', 'on')
vim.cmd.runtime('plugin/ambient.lua')
require('ambient').setup({ path = vim.env.AMBIENT_PROGRAM })
vim.cmd.edit(vim.env.AMBIENT_FILE)
local buffer = vim.api.nvim_get_current_buf()

local function shown()
  local lines = {}
  for _, one in ipairs(vim.diagnostic.get(buffer)) do
    lines[#lines + 1] = one.lnum .. (one.message:find('maybe stale', 1, true) and '?' or '')
  end
  table.sort(lines)
  return table.concat(lines, ' ')
end
local function line(number)
  return vim.api.nvim_buf_get_lines(buffer, number, number + 1, false)[1]
end
local function shows(lines)
  wait('findings on ' .. lines .. ', not on ' .. shown(), function()
    return shown() == lines
  end)
end
local function keys(typed)
  vim.api.nvim_feedkeys(vim.keycode(typed), 'xt', false)
end
local function take(number)
  vim.cmd('let &undolevels = &undolevels') -- what a script does is one undo else
  vim.api.nvim_win_set_cursor(0, { number + 1, 0 })
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { 'quickfix' }, diagnostics = {} },
    filter = function(action)
      return action.title:find('sha256', 1, true) ~= nil
    end,
  })
  wait('the fix on line ' .. number, function()
    return line(number):find('sha256', 1, true)
  end)
end

shows('11 3 7')
vim.api.nvim_win_set_cursor(0, { 1, 0 })
keys('Onew = 1<Esc>') -- a line above everything
shows('12 4 8')
vim.api.nvim_win_set_cursor(0, { 13, 0 })
keys('A  # sure<Esc>') -- beside the code of the last one
shows('12? 4 8')
keys('u')
shows('12 4 8')
take(4)
shows('12 8')
take(8)
shows('12')
vim.cmd.undo()
assert(line(8):find('md5', 1, true), 'the second fix was undone: ' .. line(8))
shows('12 8')
vim.api.nvim_win_set_cursor(0, { 13, 0 })
keys('fmcesha512<Esc>') -- mended by hand, and not saved
assert(line(12):find('sha512', 1, true), line(12))
shows('8')
vim.cmd('qall!')
