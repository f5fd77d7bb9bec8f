--- `:Ambient ...`: one function for each word.
local M = {}

local server = require('ambient.server')
local status = require('ambient.status')

---@class ambient.Proposal
---@field id string
---@field label string
---@field state string
---@field files string[]
---@field finding_ids string[]
---@field reasons string[]
---@field why_not string

local function say(message, level)
  vim.notify(message, level or vim.log.levels.INFO)
end

local function open(proposal)
  return proposal.state == 'offered'
end

--- Let the user choose a proposal: the one that was named, the only one, or out of a list.
---@param client vim.lsp.Client
---@param given? string The beginning of an id.
---@param fits fun(proposal: ambient.Proposal): boolean
---@param chosen fun(proposal: ambient.Proposal)
local function choose(client, given, fits, chosen)
  server.request(client, 'ambient/listProposals', vim.empty_dict(), function(result)
    local found = vim.tbl_filter(function(proposal)
      return given and vim.startswith(proposal.id, given) or not given and fits(proposal)
    end, result.proposals)
    if #found == 0 then
      say(given and ('There is no fix ' .. given .. '.') or 'There is no such fix now. `:Ambient review` looks for some.')
    elseif #found == 1 then
      chosen(found[1])
    else
      vim.ui.select(found, {
        prompt = 'Which fix?',
        format_item = function(proposal)
          return ('%s · %s · %s'):format(proposal.label, table.concat(proposal.files, ', '), proposal.state)
        end,
      }, function(proposal)
        if proposal then
          chosen(proposal)
        end
      end)
    end
  end)
end

--- The folder of the current buffer, for a server that has several.
local function folder(client)
  local root = client.config.root_dir
  return { uri = root and vim.uri_from_fname(root) or vim.uri_from_bufnr(0) }
end

local function told(result)
  say(result.message or 'Ambient looks.')
end

---@type table<string, fun(client: vim.lsp.Client, argument: string?)>
local words = {
  review = function(client)
    server.execute(client, 'ambient.server.reviewFile', { uri = vim.uri_from_bufnr(0) }, told)
  end,

  changes = function(client)
    server.execute(client, 'ambient.server.reviewChanges', folder(client), told)
  end,

  workspace = function(client)
    server.execute(client, 'ambient.server.reviewWorkspace', folder(client), told)
  end,

  swarm = function(client, target)
    vim.ui.input({ prompt = 'What is to be done in each file? ' }, function(task)
      if not task or vim.trim(task) == '' then
        return
      end
      local options = vim.tbl_extend('force', folder(client), { task = task, targetDir = target or '.' })
      server.execute(client, 'ambient.server.swarm', options, function()
        say('A model works on the files. You will be asked before anything is changed.')
      end)
    end)
  end,

  dismiss = function(client)
    local line = vim.api.nvim_win_get_cursor(0)[1] - 1
    local here = vim.tbl_filter(function(diagnostic)
      return diagnostic.source == 'ambient' and vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data') ~= nil
    end, vim.diagnostic.get(0, { lnum = line }))
    if #here == 0 then
      return say('Ambient has no finding on this line. Put the cursor on one.', vim.log.levels.WARN)
    end
    local format = function(diagnostic)
      return diagnostic.message
    end
    vim.ui.select(here, { prompt = 'Dismiss which finding?', format_item = format }, function(diagnostic)
      if not diagnostic then
        return
      end
      vim.ui.input({ prompt = 'Why? It may be empty: ' }, function(reason)
        if reason then
          local id = diagnostic.user_data.lsp.data.finding_id
          server.execute(client, 'ambient.server.dismiss', { id = id, reason = reason })
        end
      end)
    end)
  end,

  approve = function(client, given)
    local waits = function(proposal)
      return open(proposal) and #proposal.reasons > 0
    end
    choose(client, given, waits, function(proposal)
      server.execute(client, 'ambient.server.approve', { proposal_id = proposal.id }, function()
        say('Approved: ' .. proposal.label .. '. A code action applies it.')
      end)
    end)
  end,

  preview = function(client, given)
    choose(client, given, open, function(proposal)
      server.request(client, 'ambient/getProposal', { id = proposal.id }, function(whole)
        require('ambient.preview').diff(whole.label, whole.diff)
      end)
    end)
  end,

  status = function()
    say(table.concat(status.sentences(), '\n'))
  end,

  cancel = function(client)
    local runs = status.last().runs
    if #runs == 0 then
      return say('No review is under way.')
    end
    for _, run in ipairs(runs) do
      server.execute(client, 'ambient.server.cancel', { run_id = run })
    end
  end,

  doctor = function(client)
    server.execute(client, 'ambient.server.doctor', nil, function(result)
      require('ambient.preview').show('Ambient: doctor', require('ambient.health').lines(result), '')
    end)
  end,

  restart = function()
    server.restart()
  end,
}

--- Run `:Ambient WORD [ARGUMENT]`.
---@param arguments string[]
function M.run(arguments)
  local word = words[arguments[1]]
  if not word then
    return say('`:Ambient` knows: ' .. table.concat(M.complete('', 'Ambient '), ', ') .. '.', vim.log.levels.ERROR)
  end
  local client = server.client()
  if not client and arguments[1] ~= 'restart' then
    return say('Ambient is not running here. `:checkhealth ambient` says why.', vim.log.levels.WARN)
  end
  word(client, arguments[2])
end

--- Complete the word after `:Ambient`.
---@param start string
---@param line string
---@return string[]
function M.complete(start, line)
  if line:match('^%s*%S+%s+%S+%s') then
    return {}
  end
  local found = vim.tbl_filter(function(word)
    return vim.startswith(word, start)
  end, vim.tbl_keys(words))
  table.sort(found)
  return found
end

return M
