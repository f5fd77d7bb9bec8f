-- Saves a file that a model thinks about, writes down everything that is shown of it, and takes the proven fix.
-- Run by test_neovim.py with `nvim -l`; an error is exit code 1.
local report = assert(io.open(vim.env.AMBIENT_REPORT, 'a'))
local scenario = vim.json.decode(vim.env.AMBIENT_SCENARIO)

local function wait(what, check)
  assert(vim.wait(120000, check, 20), 'timeout: ' .. what .. '; status: ' .. require('ambient').statusline())
end

local function write(line)
  report:write(vim.json.encode(line) .. '\n')
  report:flush()
end

vim.opt.runtimepath:prepend(vim.env.AMBIENT_PLUGIN)
vim.opt.swapfile = false
vim.cmd.filetype('plugin', 'on')
vim.cmd.runtime('plugin/ambient.lua')
require('ambient').setup({ path = vim.env.AMBIENT_PROGRAM })

vim.cmd.edit(scenario.file)
local buffer = vim.api.nvim_get_current_buf()
local client
wait('the server', function()
  client = vim.lsp.get_clients({ name = 'ambient', bufnr = buffer })[1]
  return client and client.initialized
end)
wait('the first look', function()
  local status = require('ambient.status').last()
  return status.state == 'idle' and status.folders[1] and status.folders[1].sandbox ~= ''
end)

local function shown()
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.source == 'ambient'
  end, vim.diagnostic.get(buffer))
end

vim.api.nvim_create_autocmd('DiagnosticChanged', {
  buffer = buffer,
  callback = function()
    local messages = vim.tbl_map(function(diagnostic)
      return diagnostic.message
    end, shown())
    local seconds, microseconds = vim.uv.gettimeofday()
    write({ at = seconds + microseconds / 1e6, messages = #messages > 0 and messages or vim.empty_dict() })
  end,
})
vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { vim.trim(scenario.typed) })
vim.cmd.write()

local found
wait('the proven fix', function()
  for _, diagnostic in ipairs(shown()) do
    local data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data') or {}
    if diagnostic.code == scenario.rule and data.state == 'offered' then
      found = diagnostic
    end
  end
  return found
end)
wait('the status', function()
  return require('ambient').statusline() == '1 fix'
end)
vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
local title
vim.lsp.buf.code_action({
  apply = true,
  context = { only = { 'quickfix' }, diagnostics = { found.user_data.lsp } },
  filter = function(action)
    local right = vim.startswith(action.title, scenario.action) and action.title:find('proven') ~= nil
    title = right and action.title or title
    return right
  end,
})
wait('the fix', function()
  return vim.bo.modified
end)
vim.cmd.write()
wait('no more fix in the status', function()
  return require('ambient').statusline() == ''
end)
write({ title = title })
require('ambient.server').call(client, 'stop')
wait('the end of the server', function()
  return #vim.lsp.get_clients({ name = 'ambient' }) == 0
end)
