-- Says every word of `:Ambient` once, in a project with a weak hash, and looks at what the help says of them.
local user = dofile(vim.fs.joinpath(vim.fs.dirname(arg[0]), 'user.lua'))
local scenario = vim.json.decode(vim.env.AMBIENT_SCENARIO)
user.arrive()
user.types = 'tokens here are no secrets'
local server, status = require('ambient.server'), require('ambient.status')

local function text_of(window)
  return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
end

local function window_with(words)
  return vim.iter(vim.api.nvim_list_wins()):find(function(window)
    return text_of(window):find(words, 1, true) ~= nil
  end)
end

local function completes(line, expected)
  local found = vim.fn.getcompletion(line, 'cmdline')
  assert(vim.deep_equal(found, expected), line .. ': ' .. vim.inspect(found))
end

vim.cmd.edit(scenario.file)
vim.cmd('Ambient review')
assert(user.heard(':checkhealth ambient'), 'a word without a server says what to do')
completes('Ambient preview ', {})
vim.cmd('Ambient status')
assert(user.heard('has not said anything'), vim.inspect(user.said))
assert(vim.fn.maparg(' ar', 'n') == '', 'no key is mapped unasked')

vim.bo.filetype = 'python'
user.set_up({ keys = ' a' })
user.sees('1 fix')
local told = vim.iter(user.said):find(function(message)
  return message:find('is not trusted', 1, true) ~= nil
end)
assert(told and vim.fn.strdisplaywidth(told) <= vim.v.echospace, 'trust takes one line: ' .. vim.inspect(told))
local say = require('ambient.say')
local wide = vim.o.columns
for _, width in ipairs({ 30, 60, 90 }) do
  vim.o.columns = width
  say.briefly('Applied: %s is changed, not saved yet (:w)', 'a_module_with_a_long_name.py')
  assert(vim.fn.strdisplaywidth(user.said[#user.said]) <= vim.v.echospace, user.said[#user.said])
end
vim.o.columns = wide
assert(table.concat(status.sentences(), ' '):find('`:Ambient trust` trusts it', 1, true), 'the status tells the rest')
assert(vim.fn.maparg(' ar', 'n') == '<Plug>(ambient-review)' and vim.fn.maparg('<Plug>(ambient-review)', 'n') ~= '')
local buffer = vim.api.nvim_get_current_buf()

-- What the statusline says of what a server may tell.
local function says(words, state, change, of_folder)
  local told, context = status.last(), { client_id = server.client().id }
  local folder = vim.tbl_extend('force', told.folders[1], of_folder or {})
  status.on_status(nil, vim.tbl_extend('force', told, change, { folders = { folder } }), context)
  local view = require('ambient').status()
  assert(view.words == words and view.state == state, vim.inspect(view))
  status.on_status(nil, told, context)
end
says('2 fixes', 'offers', { offers = 2 })
says('', 'idle', { offers = 0 })
says('checking', 'checking', { state = 'working' })
says('checking 3 of 12', 'checking', { state = 'working', progress = { done = 3, total = 12 } })
says('budget spent', 'spent', { offers = 0 }, { model = 'spent' })
says('1 fix, budget spent', 'offers', {}, { model = 'spent' })
says('no sandbox', 'no sandbox', { offers = 0 }, { sandbox = '' })
says('problem', 'error', {}, { problem = 'The settings cannot be read.' })

vim.cmd('Ambient')
assert(user.heard('proves in bubblewrap'), vim.inspect(user.said))
vim.cmd('Ambient changes')
user.wait('an answer to `changes`', function()
  return user.heard('Nothing has changed')
end)
local function is_asked_for(run)
  return run.trigger == 'command' and run.state == 'done'
end
local function reviews()
  local result = server.request_sync(server.client(), 'ambient/listRuns', vim.empty_dict(), 10000)
  return vim.tbl_filter(is_asked_for, result.runs)
end
for number, word in ipairs({ 'review ' .. vim.fs.basename(scenario.file), 'workspace' }) do
  vim.cmd('Ambient ' .. word)
  user.wait('the end of ' .. word, function()
    return #reviews() == number and status.last().state == 'idle'
  end)
end
vim.cmd('Ambient swarm workers=many Do it')
assert(user.heard('`many` is no number'), vim.inspect(user.said))
vim.cmd('Ambient swarm target=tests')
user.wait('the refusal to send the files of a folder that is not trusted', function()
  return user.heard('This folder is not trusted')
end)
vim.cmd('Ambient cancel')
assert(user.heard('Nothing is under way'), vim.inspect(user.said))

-- What follows a word is completed: files, ids, agents, settings.
local id = user.proven(buffer, scenario.rule).user_data.lsp.data.proposal_id
completes('Ambient review tok', { 'tokens.py' })
completes('Ambient proposals tok', { 'tokens.py' })
completes('Ambient proposals Sec', { 'SecurityGuardian' })
completes('Ambient swarm workers=2 target=te', { 'target=tests/' })
completes('Ambient approve ' .. id .. ' ', {})
for _, word in ipairs({ 'preview', 'apply', 'approve', 'dismiss' }) do
  completes('Ambient ' .. word .. ' ' .. id:sub(1, 4), { id })
end

vim.cmd('Ambient proposals SecurityGuardian')
user.wait('the list', function()
  return vim.bo.buftype == 'quickfix'
end)
local items = vim.fn.getqflist()
assert(#items == 1 and vim.fn.bufname(items[1].bufnr):find('tokens.py'), vim.inspect(items))
assert(items[1].text:find('needs your approval') and items[1].text:find('SecurityGuardian'), items[1].text)
assert(items[1].lnum == user.findings(buffer)[1].lnum + 1, 'the list leads to the finding')

vim.cmd('Ambient preview') -- of the line in the list
user.wait('the two windows', function()
  return #vim.api.nvim_list_tabpages() == 2
end)
local before, after = unpack(vim.api.nvim_tabpage_list_wins(0))
assert(text_of(before):find('md5') and text_of(after):find('sha256') and not text_of(after):find('md5'))
assert(vim.wo[before].diff and vim.wo[after].diff)
local function below(window)
  return vim.api.nvim_eval_statusline(vim.wo[window].statusline, { winid = window, maxwidth = 999 }).str
end
local columns = vim.o.columns
for width, words in pairs({ [150] = 'x: take or leave', [80] = 'a apply · q close', [40] = 'x · Tab · a · q' }) do
  vim.o.columns = width
  vim.cmd.wincmd('=')
  local text, room = below(after), vim.api.nvim_win_get_width(after)
  assert(text:find(words, 1, true) and vim.fn.strdisplaywidth(text) <= room, ('%d: %s'):format(room, text))
end
vim.o.columns = columns
vim.api.nvim_feedkeys('x', 'xt', false)
assert(text_of(after):find('md5'), 'what is left out is not in the result')
vim.api.nvim_feedkeys('a', 'xt', false)
assert(user.heard('No piece is taken'), vim.inspect(user.said))
vim.api.nvim_feedkeys('q', 'xt', false)
assert(#vim.api.nvim_list_tabpages() == 1, 'both windows are closed')
vim.cmd.cclose()
vim.api.nvim_set_current_buf(buffer)

vim.cmd(('Ambient approve %s seen by two'):format(id))
user.wait('the approval', function()
  return user.heard('Approved. ')
end)
vim.cmd('Ambient doctor')
user.wait('the doctor', function()
  return window_with('bubblewrap: works')
end)
local doctor = window_with('bubblewrap: works')
assert(doctor == vim.api.nvim_get_current_win(), 'the cursor is where `q` closes it')
assert(vim.api.nvim_win_get_height(doctor) == vim.api.nvim_win_text_height(doctor, {}).all + 1, 'all of it is seen')
vim.api.nvim_feedkeys('q', 'xt', false)
assert(not vim.api.nvim_win_is_valid(doctor), '`q` closes it')
vim.cmd('Ambient log')
assert(window_with('found by the option path'), 'the log tells where the program was found')
require('ambient.window').close()

user.proven(buffer, scenario.rule)
vim.cmd('Ambient dismiss')
user.wait('no more finding', function()
  return #user.findings(buffer) == 0
end)

local old = server.client().id
vim.cmd('Ambient restart')
user.wait('another server', function()
  local client = server.client()
  return client and client.id ~= old and client.initialized
end)
assert(not user.heard('server died'), 'it was asked to end')
vim.cmd('Ambient nonsense')
assert(user.heard('knows: apply, approve, cancel'), vim.inspect(user.said))
vim.cmd.helptags(vim.env.AMBIENT_TAGS)
user.leave()
