-- A person at Neovim, for the scripts beside this one: starts the plugin, types, saves, waits, answers and takes fixes.
-- They are run by test_neovim.py with `nvim -l`; an error is exit code 1.
local user = {}

--- What was asked and what was said since the last `forget`, and the answer that is given to questions of yes or no.
user.asked, user.said, user.answers_yes = {}, {}, true

--- What is looked for in a list to choose from; nil takes the first item for a yes, and the last one for a no.
user.prefers = nil

--- What is typed where an answer in words is wanted.
user.types = ''

--- Wait for something that is bound to happen.
function user.wait(what, check)
  if not vim.wait(120000, check, 20) then
    local said = vim.inspect({ said = user.said, asked = user.asked, status = require('ambient').status() })
    error(('timeout: %s; %s'):format(what, said), 2)
  end
end

function user.forget()
  user.asked, user.said = {}, {}
end

--- Whether one of the messages has these words.
function user.heard(words)
  return vim.iter(user.said):any(function(message)
    return message:find(words, 1, true) ~= nil
  end)
end

function user.was_asked(words)
  return vim.iter(user.asked):any(function(question)
    return question:find(words, 1, true) ~= nil
  end)
end

--- Start Neovim's part: the plugin on the path, and the person where Neovim would ask and tell.
function user.arrive()
  vim.opt.runtimepath:prepend(vim.env.AMBIENT_PLUGIN)
  vim.opt.swapfile = false
  vim.opt.hidden = true
  vim.cmd.filetype('plugin', 'on')
  vim.cmd.runtime('plugin/ambient.lua')
  vim.notify = function(message)
    user.said[#user.said + 1] = message
  end
  -- Neovim 0.12 asks with confirm() for an edit that needs confirmation, earlier ones with a message of the server.
  vim.fn.confirm = function(message)
    user.asked[#user.asked + 1] = message
    return user.answers_yes and 1 or 2
  end
  vim.ui.select = function(items, options, chosen)
    user.asked[#user.asked + 1] = options.prompt
    local item = user.answers_yes and 1 or #items
    for number, one in ipairs(user.prefers and items or {}) do
      item = user.prefers(one) and number or item
    end
    chosen(items[item], item)
  end
  vim.ui.input = function(options, entered)
    user.asked[#user.asked + 1] = options.prompt
    entered(user.types)
  end
end

function user.set_up(options)
  require('ambient').setup(vim.tbl_extend('force', { path = vim.env.AMBIENT_PROGRAM }, options or {}))
end

--- Open a file; return its buffer once the server knows it.
function user.open(file)
  vim.cmd.edit(file)
  local buffer = vim.api.nvim_get_current_buf()
  user.wait('the server', function()
    local client = vim.lsp.get_clients({ name = 'ambient', bufnr = buffer })[1]
    return client and client.initialized
  end)
  return buffer
end

--- Add a line at the end and save.
function user.type_and_save(buffer, typed)
  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { vim.trim(typed) })
  vim.api.nvim_buf_call(buffer, vim.cmd.write)
end

--- Return what is shown of Ambient's in a buffer.
function user.findings(buffer)
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.source == 'ambient'
  end, vim.diagnostic.get(buffer))
end

--- Wait for a finding of a rule whose fix is proven; put the cursor there and return it.
function user.proven(buffer, rule)
  local found
  user.wait('a proven fix of ' .. rule, function()
    found = vim.iter(user.findings(buffer)):find(function(diagnostic)
      local data = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data') or {}
      return diagnostic.code == rule and data.state == 'offered'
    end)
    return found
  end)
  vim.api.nvim_set_current_buf(buffer)
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  return found
end

--- Wait for some words in the statusline.
function user.sees(words)
  user.wait('the statusline says ' .. words, function()
    return require('ambient').statusline() == words
  end)
end

--- Take the code action that begins so and is proven; return a function that tells its title once it was there.
function user.take(found, beginning)
  local title
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { 'quickfix' }, diagnostics = { found.user_data.lsp } },
    filter = function(action)
      local right = vim.startswith(action.title, beginning) and action.title:find('proven') ~= nil
      title = right and action.title or title
      return right
    end,
  })
  return function()
    return title
  end
end

--- Stop the server and wait until it is gone.
function user.leave()
  for _, client in ipairs(vim.lsp.get_clients({ name = 'ambient' })) do
    require('ambient.server').call(client, 'stop')
  end
  user.wait('the end of the server', function()
    return #vim.lsp.get_clients({ name = 'ambient' }) == 0
  end)
end

--- Write lines of JSON for the test to read.
function user.report()
  local file = assert(io.open(vim.env.AMBIENT_REPORT, 'a'))
  return function(line)
    file:write(vim.json.encode(line) .. '\n')
    file:flush()
  end
end

return user
