--- `:Ambient ...`: one entry for each word, with what completes what follows it.
local M = {}

local proposals = require('ambient.proposals')
local server = require('ambient.server')
local status = require('ambient.status')

---@class ambient.Word
---@field run fun(client: vim.lsp.Client, arguments: string[])
---@field complete? fun(start: string, client?: vim.lsp.Client): string[]
---@field many? boolean Whether more than the first word that follows is completed.
---@field alone? boolean Whether it works without a server.

--- The folder of the current buffer, for a server that has several.
---@param client vim.lsp.Client
---@return string uri
local function folder(client)
  local root = client.config.root_dir or client.root_dir
  return root and vim.uri_from_fname(root) or vim.uri_from_bufnr(0)
end

local function told(result)
  vim.notify(result.message or 'Ambient looks.')
end

---@param arguments string[]
---@return string?
local function rest(arguments)
  return #arguments > 1 and table.concat(arguments, ' ', 2) or nil
end

--- Complete the ids of proposals that suit.
---@param suits fun(proposal: ambient.Proposal): boolean
---@return fun(start: string, client?: vim.lsp.Client): string[]
local function ids(suits)
  return function(_, client)
    return vim.tbl_map(function(proposal)
      return proposal.id
    end, vim.tbl_filter(suits, client and proposals.now(client) or {}))
  end
end

---@param proposal ambient.Proposal
---@return boolean
local function waits(proposal)
  return proposals.is_offered(proposal) and #proposal.reasons > 0
end

---@type table<string, ambient.Word>
local words = {
  review = {
    run = function(client, arguments)
      local file = arguments[1] and vim.fn.fnamemodify(arguments[1], ':p') or vim.api.nvim_buf_get_name(0)
      server.execute(client, 'ambient.server.reviewFile', { uri = vim.uri_from_fname(file) }, told)
    end,
    complete = function(start)
      return vim.fn.getcompletion(start, 'file')
    end,
  },

  changes = {
    run = function(client)
      server.execute(client, 'ambient.server.reviewChanges', { uri = folder(client) }, told)
    end,
  },

  workspace = {
    run = function(client)
      server.execute(client, 'ambient.server.reviewWorkspace', { uri = folder(client) }, told)
    end,
  },

  swarm = {
    many = true,
    run = function(client, arguments)
      require('ambient.swarm').start(client, folder(client), arguments)
    end,
    complete = function(start)
      return require('ambient.swarm').complete(start)
    end,
  },

  proposals = {
    run = function(client, arguments)
      proposals.quickfix(client, arguments[1])
    end,
    complete = function(_, client)
      local found = { 'all' }
      for _, proposal in ipairs(client and proposals.now(client) or {}) do
        vim.list_extend(found, { proposal.agent, proposal.state })
        vim.list_extend(found, proposal.files)
      end
      return found
    end,
  },

  preview = {
    run = function(client, arguments)
      proposals.choose(client, arguments[1], proposals.is_offered, function(proposal)
        require('ambient.preview').open(client, proposal.id)
      end)
    end,
    complete = ids(function()
      return true
    end),
  },

  apply = {
    run = function(client, arguments)
      proposals.choose(client, arguments[1], proposals.is_offered, function(proposal)
        require('ambient.apply').whole(client, proposal.id)
      end)
    end,
    complete = ids(proposals.is_offered),
  },

  approve = {
    run = function(client, arguments)
      proposals.choose(client, arguments[1], waits, function(proposal)
        local options = { proposal_id = proposal.id, reason = rest(arguments) }
        server.execute(client, 'ambient.server.approve', options, function()
          vim.notify(('Approved. `:Ambient apply %s` applies it.'):format(proposal.id))
        end)
      end)
    end,
    complete = ids(waits),
  },

  dismiss = {
    run = function(client, arguments)
      local dismiss = require('ambient.dismiss')
      if not arguments[1] and vim.bo.buftype ~= 'quickfix' then
        return dismiss.here(client)
      end
      proposals.choose(client, arguments[1], proposals.is_offered, function(proposal)
        dismiss.proposal(client, proposal.id, rest(arguments))
      end)
    end,
    complete = ids(function()
      return true
    end),
  },

  cancel = {
    run = function(client, arguments)
      local last = status.last()
      local runs = arguments[1] and { arguments[1] } or last and last.runs or {}
      if #runs == 0 then
        return vim.notify('Nothing is under way.')
      end
      for _, run in ipairs(runs) do
        server.execute(client, 'ambient.server.cancel', { run_id = run })
      end
    end,
    complete = function()
      local last = status.last()
      return last and last.runs or {}
    end,
  },

  status = {
    alone = true,
    run = function()
      vim.notify(table.concat(status.sentences(), '\n'))
    end,
  },

  log = {
    alone = true,
    run = function()
      require('ambient.window').show('Ambient: log', require('ambient.log').lines(), '', true)
    end,
  },

  doctor = {
    run = function(client)
      server.execute(client, 'ambient.server.doctor', nil, function(result)
        require('ambient.window').show('Ambient: doctor', require('ambient.health').lines(result), '', true)
      end)
    end,
  },

  trust = {
    alone = true,
    run = function()
      require('ambient.trust').ask()
    end,
  },

  restart = {
    alone = true,
    run = function()
      server.restart()
    end,
  },
}

---@param found string[]
---@param start string
---@return string[]
local function beginning_with(found, start)
  local fitting = vim.tbl_filter(function(word)
    return vim.startswith(word, start)
  end, found)
  table.sort(fitting)
  return vim.fn.uniq(fitting)
end

--- Run `:Ambient [WORD [ARGUMENT...]]`.
---@param arguments string[]
function M.run(arguments)
  local name = table.remove(arguments, 1) or 'status'
  local word = words[name]
  if not word then
    local known = table.concat(M.complete('', 'Ambient '), ', ')
    return vim.notify('`:Ambient` knows: ' .. known .. '.', vim.log.levels.ERROR)
  end
  local client = server.client()
  if not client and not word.alone then
    return vim.notify('Ambient is not running here. `:checkhealth ambient` says why.', vim.log.levels.WARN)
  end
  word.run(client, arguments)
end

--- Complete the words after `:Ambient`.
---@param start string
---@param line string
---@return string[]
function M.complete(start, line)
  local name, before = line:match('^%s*%S+%s+(%S+)%s+(.-)%S*$')
  if not name then
    return beginning_with(vim.tbl_keys(words), start)
  end
  local word = words[name]
  if not word or not word.complete or before ~= '' and not word.many then
    return {}
  end
  return beginning_with(word.complete(start, server.client()), start)
end

return M
