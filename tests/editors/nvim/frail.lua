-- A server that dies again and again is not started for ever, and the log has its last words.
local user = dofile(vim.fs.joinpath(vim.fs.dirname(arg[0]), 'user.lua'))
user.arrive()
user.set_up()
vim.cmd.edit('prices.py')
user.wait('the end of trying', function()
  return user.heard('died 4 times and stays off')
end)
for number = 1, 3 do
  assert(user.heard(('is started again (%d of 3)'):format(number)), vim.inspect(user.said))
end
assert(require('ambient').status().state == 'error' and require('ambient').statusline() == 'stopped')
vim.wait(1000)
assert(#vim.lsp.get_clients({ name = 'ambient' }) == 0, 'it was started once more')
local lines = table.concat(require('ambient.log').lines(), '\n')
assert(lines:find('it is "frail"', 1, true), lines)

-- One that cannot even start is not tried again.
user.forget()
user.set_up({ path = '/bin/false' })
vim.cmd('Ambient restart')
user.wait('the word of it', function()
  return user.heard('does not start (code 1)')
end)
