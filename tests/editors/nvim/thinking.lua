-- Saves a file that a model thinks about, writes down everything that is shown of it, and takes the proven fix.
local user = dofile(vim.fs.joinpath(vim.fs.dirname(arg[0]), 'user.lua'))
local scenario = vim.json.decode(vim.env.AMBIENT_SCENARIO)
local report = user.report()
user.arrive()
-- As somebody has it who wants no options: one line, and the program is found on PATH.
vim.env.VIRTUAL_ENV = nil
vim.env.PATH = vim.fs.dirname(vim.env.AMBIENT_PROGRAM) .. ':' .. vim.env.PATH
vim.lsp.enable('ambient')

local buffer = user.open(scenario.file)
user.wait('the first look', function()
  local status = require('ambient.status').last()
  return status and status.state == 'idle' and status.folders[1] and status.folders[1].sandbox ~= ''
end)
vim.api.nvim_create_autocmd('DiagnosticChanged', {
  buffer = buffer,
  callback = function()
    local messages = vim.tbl_map(function(diagnostic)
      return diagnostic.message
    end, user.findings(buffer))
    local seconds, microseconds = vim.uv.gettimeofday()
    report({ at = seconds + microseconds / 1e6, messages = #messages > 0 and messages or vim.empty_dict() })
  end,
})
user.type_and_save(buffer, scenario.typed)

local found = user.proven(buffer, scenario.rule)
user.sees('1 fix')
local title = user.take(found, scenario.action)
user.wait('the fix', function()
  return vim.bo.modified
end)
vim.cmd.write()
user.sees('')
report({ title = title() })
user.leave()
