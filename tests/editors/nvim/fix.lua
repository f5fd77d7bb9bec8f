-- Takes fixes as a user of Neovim would, one after the other: open, type, save, wait for the finding, code action, save.
-- Run by test_neovim.py with `nvim -l`; an error is exit code 1.
local report = assert(io.open(vim.env.AMBIENT_REPORT, 'a'))

local function wait(what, check)
  assert(vim.wait(120000, check, 50), 'timeout: ' .. what .. '; status: ' .. require('ambient').statusline())
end

vim.opt.runtimepath:prepend(vim.env.AMBIENT_PLUGIN)
vim.opt.swapfile = false
vim.opt.hidden = true
vim.cmd.filetype('plugin', 'on')
vim.cmd.runtime('plugin/ambient.lua')

-- The user agrees to everything: 0.12 asks with confirm() for an edit that needs confirmation, others with a message.
local asked = {}
vim.fn.confirm = function(message)
  asked[#asked + 1] = message
  return 1
end
vim.ui.select = function(items, options, chosen)
  asked[#asked + 1] = options.prompt
  chosen(items[1], 1)
end

require('ambient').setup({ path = vim.env.AMBIENT_PROGRAM })

local function proven(buffer, scenario)
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    local data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data') or {}
    if diagnostic.source == 'ambient' and diagnostic.code == scenario.rule and data.state == 'offered' then
      return diagnostic
    end
  end
end

local function take(scenario)
  vim.cmd.edit(scenario.file)
  local buffer = vim.api.nvim_get_current_buf()
  wait('the server', function()
    local client = vim.lsp.get_clients({ name = 'ambient', bufnr = buffer })[1]
    return client and client.initialized
  end)
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { vim.trim(scenario.typed) })
  vim.cmd.write()

  local found
  wait('the finding with a proven fix: ' .. scenario.name, function()
    found = proven(buffer, scenario)
    return found
  end)
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  wait('the status', function()
    return require('ambient').statusline() == '1 fix'
  end)

  asked = {}
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
  -- A fix of another file brings the user there, to look at it and to save it.
  wait('the fix', function()
    return vim.api.nvim_buf_get_name(0) == scenario.target and vim.bo.modified
  end)
  assert((#asked > 0) == scenario.asks, 'asked: ' .. vim.inspect(asked))
  vim.cmd.write()
  wait('no more fix in the status', function()
    return require('ambient').statusline() == ''
  end)
  report:write(vim.json.encode({ name = scenario.name, title = title }) .. '\n')
  report:flush()
end

for _, scenario in ipairs(vim.json.decode(vim.env.AMBIENT_SCENARIOS)) do
  take(scenario)
end
assert(vim.deep_equal(vim.fn.getcompletion('Ambient re', 'cmdline'), { 'restart', 'review' }), 'completion')

vim.cmd.checkhealth('ambient')
local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
assert(health:find('fixes are proven in bubblewrap', 1, true), health)

local client = vim.lsp.get_clients({ name = 'ambient' })[1]
require('ambient.server').call(client, 'stop')
wait('the end of the server', function()
  return #vim.lsp.get_clients({ name = 'ambient' }) == 0
end)
