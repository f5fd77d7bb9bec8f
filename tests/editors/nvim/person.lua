-- A day in a new project: a folder that is not trusted, a fix, a part of one, a refusal, a batch that is stopped, and a
-- server that is killed. Every step is a command or a key, as a person would use it.
local user = dofile(vim.fs.joinpath(vim.fs.dirname(arg[0]), 'user.lua'))
local facts = vim.json.decode(vim.env.AMBIENT_FACTS)
user.arrive()

local applied = {}
vim.api.nvim_create_autocmd('User', {
  pattern = 'AmbientApplied',
  callback = function(event)
    applied[#applied + 1] = event.data.outcome
  end,
})
local progress = {}
vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    progress[#progress + 1] = event.data.params.value.message
  end,
})

local function exists(path)
  return vim.uv.fs_stat(path) ~= nil
end

local function text_of(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') .. '\n'
end

local function press(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, true, true), 'xt', false)
end

local function ends_as(outcome)
  user.wait('the outcome ' .. outcome, function()
    return applied[#applied] == outcome
  end)
  applied = {}
end

-- A folder that nobody trusts: it is looked at, and nothing that it brings along runs.
user.set_up()
local one = user.open(facts.one.file)
user.proven(one, facts.one.rule)
assert(user.heard('is not trusted'), 'the plugin says so')
assert(not exists(facts.ran), 'code of the folder ran')
local program = require('ambient.program').find({}, facts.root) or ''
assert(not vim.startswith(program, facts.root), 'a program of the folder: ' .. program)
vim.cmd('Ambient swarm Do it')
user.wait('the refusal', function()
  return user.heard('sends its files to a model')
end)
vim.cmd('Ambient trust')
user.wait('trust', function()
  local status = require('ambient.status').last()
  return status and status.folders[1] and status.folders[1].trusted and status.folders[1].sandbox ~= ''
end)
assert(user.was_asked('Trust '), vim.inspect(user.asked))

-- Save, and fix one.
user.type_and_save(one, facts.typed)
user.wait('the specialist that the folder brings', function()
  return exists(facts.ran)
end)
user.proven(one, facts.one.rule)
vim.cmd('Ambient apply')
ends_as('applied')
assert(user.heard(vim.fs.basename(facts.one.file) .. ' is changed, not saved yet (:w)'), vim.inspect(user.said))
vim.cmd.write()

-- Accept one of two pieces: what was chosen is proven by itself.
local two = user.open(facts.two.file)
user.proven(two, facts.two.rule)
vim.cmd('Ambient preview')
user.wait('the preview', function()
  return #vim.api.nvim_list_tabpages() == 2
end)
press('<Tab>x')
press('a')
ends_as('applied')
vim.api.nvim_set_current_buf(two)
vim.cmd.write()

-- Refuse one of high risk.
local risky = user.open(facts.risky.file)
user.proven(risky, facts.risky.rule)
local before = text_of(risky)
user.forget()
user.answers_yes = false
vim.cmd('Ambient apply')
ends_as('refused')
assert(#user.asked == 1 and text_of(risky) == before, vim.inspect(user.asked))

-- A task for many files, stopped half-way.
local count = #facts.files
vim.cmd(('Ambient swarm %s workers=2 budget=500000 %s'):format(facts.target, facts.task))
user.sees(('checking 2 of %d'):format(count))
user.wait('its progress', function()
  return vim.iter(progress):any(function(message)
    return message:find(('2 of %d files'):format(count), 1, true) ~= nil
  end)
end)
local runs = vim.fn.getcompletion('Ambient cancel ', 'cmdline')
assert(#runs == 1 and vim.startswith(runs[1], 'swarm-'), vim.inspect(runs))
vim.cmd('Ambient cancel')
user.wait('the end of the batch', function()
  return user.heard('The batch is stopped')
end)
user.wait('rest', function()
  return require('ambient').status().state ~= 'checking'
end)

-- The server is killed while it works; another one comes, with the same fix.
local function server_process()
  return vim.iter(vim.api.nvim_get_proc_children(vim.fn.getpid())):find(function(id)
    local file = assert(io.open(('/proc/%d/cmdline'):format(id)))
    local line = file:read('*a')
    file:close()
    return line:find('ambient_lsp') ~= nil
  end)
end
local old = require('ambient.server').client().id
vim.cmd('Ambient swarm resume=last')
user.wait('work', function()
  return require('ambient').status().state == 'checking'
end)
vim.uv.kill(server_process(), 'sigkill')
user.wait('the news', function()
  return user.heard('started again (1 of 3)')
end)
assert(require('ambient').statusline() == 'starting again', require('ambient').statusline())
user.wait('another server', function()
  local client = vim.lsp.get_clients({ name = 'ambient', bufnr = risky })[1]
  return client and client.id ~= old and client.initialized
end)
user.answers_yes = true
user.proven(risky, facts.risky.rule)
vim.cmd('Ambient apply')
ends_as('applied')
vim.cmd.write()

-- The batch goes on where it was, and its report is shown.
user.answers_yes = false
vim.fn.writefile({}, facts.hurry)
vim.cmd('Ambient swarm resume=last')
user.wait('the report', function()
  return vim.iter(vim.api.nvim_list_wins()):any(function(window)
    local first = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, 1, false)[1]
    return vim.startswith(first, '# Swarm report')
  end)
end)
user.wait('what is to be done with it', function()
  return user.was_asked(('%d files: %d changed'):format(count, count))
end)

-- It changes several files, which the preview shows one after the other.
user.prefers = function(proposal)
  return #proposal.files == count
end
vim.cmd.enew()
vim.cmd('Ambient preview')
user.wait('the preview of a fix that was chosen out of several', function()
  return #vim.api.nvim_list_tabpages() == 2
end)
assert(user.was_asked('Which fix?'), vim.inspect(user.asked))
local seen = {}
for _ = 1, count * 2 do
  local bar = vim.wo[vim.api.nvim_tabpage_list_wins(0)[1]].winbar
  seen[bar] = true
  press('<Tab>')
end
for number, file in ipairs(facts.files) do
  local whole = ('before · %s (file %d of %d)'):format(file, number, count)
  local short = ('before · %s (file %d of %d)'):format(vim.fs.basename(file), number, count)
  assert(seen[whole] or seen[short], vim.inspect(seen))
end
press('q')
user.leave()
