-- Says every word of `:Ambient` once, in a project with a weak hash. Run by test_neovim.py with `nvim -l`.
local scenario = vim.json.decode(vim.env.AMBIENT_SCENARIO)

local function wait(what, check)
  assert(vim.wait(60000, check, 50), 'timeout: ' .. what)
end

vim.opt.runtimepath:prepend(vim.env.AMBIENT_PLUGIN)
vim.opt.swapfile = false
vim.cmd.filetype('plugin', 'on')
vim.cmd.runtime('plugin/ambient.lua')
local ambient, server, status = require('ambient'), require('ambient.server'), require('ambient.status')

local said = {}
vim.notify = function(message)
  said[#said + 1] = message
end
local function heard(words)
  return vim.iter(said):any(function(message)
    return message:find(words, 1, true) ~= nil
  end)
end
local function window_with(words)
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
    if table.concat(lines, '\n'):find(words, 1, true) then
      return window
    end
  end
end
vim.ui.select = function(items, _, chosen)
  chosen(items[1], 1)
end
vim.ui.input = function(_, entered)
  entered('tokens here are no secrets')
end

vim.cmd.edit(scenario.file)
vim.cmd('Ambient review')
assert(heard(':checkhealth ambient'), 'a word without a server says what to do')

vim.bo.filetype = 'python'
ambient.setup({ path = vim.env.AMBIENT_PROGRAM })
wait('the first review', function()
  return ambient.statusline() == '1 fix'
end)
local buffer = vim.api.nvim_get_current_buf()

vim.cmd('Ambient status')
assert(heard('proves in bubblewrap'), vim.inspect(said))

vim.cmd('Ambient changes')
wait('an answer to `changes`', function()
  return heard('Nothing has changed')
end)
for _, word in ipairs({ 'review', 'workspace' }) do
  vim.cmd('Ambient ' .. word)
  wait(word, function()
    return status.last().state == 'working'
  end)
  wait('the end of ' .. word, function()
    return status.last().state == 'idle'
  end)
end
vim.cmd('Ambient swarm tests')
wait('the refusal to send the files of a folder that is not trusted', function()
  return heard('This folder is not trusted')
end)
vim.cmd('Ambient cancel')
assert(heard('No review is under way'), vim.inspect(said))

vim.cmd('Ambient preview')
wait('the diff', function()
  return window_with('sha256')
end)
assert(vim.api.nvim_get_current_buf() == buffer, 'the cursor stays')
vim.cmd('Ambient approve')
wait('the approval', function()
  return heard('Approved: ')
end)
vim.cmd('Ambient doctor')
wait('the doctor', function()
  return window_with('bubblewrap: works')
end)
require('ambient.preview').close()

local found = vim.diagnostic.get(buffer)[1]
vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
vim.cmd('Ambient dismiss')
wait('no more finding', function()
  return #vim.diagnostic.get(buffer) == 0
end)

local old = server.client().id
vim.cmd('Ambient restart')
wait('another server', function()
  local client = server.client()
  return client and client.id ~= old and client.initialized
end)
assert(not pcall(vim.cmd, 'Ambient'), 'a word is needed')
vim.cmd('Ambient nonsense')
assert(heard('knows: approve, cancel'), vim.inspect(said))
vim.cmd.helptags(vim.env.AMBIENT_TAGS)

server.call(server.client(), 'stop')
wait('the end of the server', function()
  return server.client() == nil
end)
