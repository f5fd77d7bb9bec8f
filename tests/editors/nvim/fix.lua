-- Takes fixes as a user of Neovim would, one after the other: open, type, save, wait for the finding, code action, save.
local user = dofile(vim.fs.joinpath(vim.fs.dirname(arg[0]), 'user.lua'))
local report = user.report()
user.arrive()
user.set_up()

local function take(scenario)
  local buffer = user.open(scenario.file)
  user.type_and_save(buffer, scenario.typed)
  local found = user.proven(buffer, scenario.rule)
  user.sees('1 fix')

  user.forget()
  local title = user.take(found, scenario.action)
  -- A fix of another file brings the user there, to look at it and to save it.
  user.wait('the fix', function()
    return vim.api.nvim_buf_get_name(0) == scenario.target and vim.bo.modified
  end)
  assert((#user.asked > 0) == scenario.asks, 'asked: ' .. vim.inspect(user.asked))
  vim.cmd.write()
  user.sees('')
  report({ name = scenario.name, title = title() })
end

vim.iter(vim.json.decode(vim.env.AMBIENT_SCENARIOS)):each(take)
assert(vim.deep_equal(vim.fn.getcompletion('Ambient re', 'cmdline'), { 'restart', 'review' }), 'completion')

vim.cmd.checkhealth('ambient')
local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
assert(health:find('fixes are proven in bubblewrap', 1, true), health)
user.leave()
