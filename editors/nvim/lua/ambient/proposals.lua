--- The proposals that there are: asked for, chosen from, and shown in the quickfix list.
local M = {}

local server = require('ambient.server')

---@class ambient.Proposal
---@field id string
---@field label string
---@field agent string
---@field state string
---@field risk string
---@field files string[]
---@field uris string[]
---@field changed_lines integer
---@field reasons string[]
---@field why_not string

local WAIT = 500 -- milliseconds that completion waits for an answer

---@type table<string, integer> The states that are of interest until somebody decides, in the order of a list.
local open = { offered = 1, checking = 2, drafted = 3 }

---@type { id: integer, filter?: string }? The quickfix list that we made last.
local list

--- Whether a fix can be taken.
---@param proposal ambient.Proposal
---@return boolean
function M.is_offered(proposal)
  return proposal.state == 'offered'
end

--- Whether it is what somebody asks for: an agent, a state, a file or the folder of one, `all`, or what is open.
---@param proposal ambient.Proposal
---@param filter? string
---@return boolean
local function fits(proposal, filter)
  if not filter then
    return open[proposal.state] ~= nil
  end
  return filter == 'all'
    or filter == proposal.agent
    or filter == proposal.state
    or vim.iter(proposal.files):any(function(file)
      return file == filter or vim.startswith(file, (filter:gsub('/?$', '/')))
    end)
end

---@param proposal ambient.Proposal
---@return string
local function in_a_line(proposal)
  local words = { proposal.label, proposal.risk .. ' risk', proposal.agent }
  if not M.is_offered(proposal) then
    table.insert(words, 2, proposal.state)
  end
  if proposal.why_not ~= '' and not open[proposal.state] then
    words[#words + 1] = proposal.why_not
  end
  return (table.concat(words, ' · '):gsub('\n', ' '))
end

--- The finding at a proposal, where one is shown.
---@param id string
---@return vim.Diagnostic?
local function finding_of(id)
  return vim.iter(vim.diagnostic.get()):find(function(diagnostic)
    return vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data', 'proposal_id') == id
  end)
end

--- Ask for all of them.
---@param client vim.lsp.Client
---@param done fun(proposals: ambient.Proposal[])
local function ask(client, done)
  server.request(client, 'ambient/listProposals', vim.empty_dict(), function(result)
    done(result.proposals)
  end)
end

--- All of them at once, for completion.
---@param client vim.lsp.Client
---@return ambient.Proposal[]
function M.now(client)
  local result = server.request_sync(client, 'ambient/listProposals', vim.empty_dict(), WAIT)
  return result and result.proposals or {}
end

---@param proposals ambient.Proposal[]
---@param filter? string
---@return table[] items
local function items_of(proposals, filter)
  local found = vim.tbl_filter(function(proposal)
    return fits(proposal, filter)
  end, proposals)
  table.sort(found, function(one, other)
    local first, second = open[one.state] or 9, open[other.state] or 9
    return first == second and one.id < other.id or first < second
  end)
  return vim.tbl_map(function(proposal)
    local finding = finding_of(proposal.id)
    return {
      filename = vim.uri_to_fname(proposal.uris[1]),
      lnum = finding and finding.lnum + 1 or 1,
      col = finding and finding.col + 1 or 1,
      type = M.is_offered(proposal) and 'I' or 'N',
      text = in_a_line(proposal),
      user_data = { ambient = proposal.id },
    }
  end, found)
end

--- Show them in the quickfix list, which follows what becomes of them.
---@param client vim.lsp.Client
---@param filter? string
function M.quickfix(client, filter)
  ask(client, function(proposals)
    local items = items_of(proposals, filter)
    if #items == 0 then
      local words = filter and 'No proposal fits %q.' or 'No fix is offered now. `:Ambient review` looks for some.'
      return vim.notify(words:format(filter))
    end
    vim.fn.setqflist({}, ' ', { title = 'Ambient: ' .. (filter or 'proposals'), items = items })
    list = { id = vim.fn.getqflist({ id = 0 }).id, filter = filter }
    vim.cmd.copen()
  end)
end

--- Handles `ambient/proposals`: brings the list up to date, without a move of the cursor.
---@param client_id integer
function M.on_changed(client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  local shown = list and vim.fn.getqflist({ id = list.id, idx = 0 }) or { id = 0 }
  if client and list and shown.id == list.id then
    ask(client, function(proposals)
      vim.fn.setqflist({}, 'r', { id = shown.id, items = items_of(proposals, list.filter), idx = shown.idx })
    end)
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'AmbientProposals', modeline = false })
end

--- The proposal that the cursor is at: in our quickfix list, or at a finding.
---@return string? id
local function under_cursor()
  local line = vim.api.nvim_win_get_cursor(0)[1]
  if vim.bo.buftype == 'quickfix' then
    return vim.tbl_get(vim.fn.getqflist(), line, 'user_data', 'ambient')
  end
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = line - 1 })) do
    local id = vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data', 'proposal_id')
    if id then
      return id
    end
  end
end

--- Let the user choose one: the one that is named, the one at the cursor, the only one, or one out of a list.
---@param client vim.lsp.Client
---@param given? string The beginning of an id.
---@param suits fun(proposal: ambient.Proposal): boolean Which ones may be chosen where none is named.
---@param chosen fun(proposal: ambient.Proposal)
function M.choose(client, given, suits, chosen)
  local here = not given and under_cursor() or nil
  ask(client, function(proposals)
    local found = vim.tbl_filter(function(proposal)
      return given and vim.startswith(proposal.id, given) or not given and suits(proposal)
    end, proposals)
    local at_cursor = vim.iter(found):find(function(proposal)
      return proposal.id == here
    end)
    if at_cursor or #found == 1 then
      chosen(at_cursor or found[1])
    elseif #found == 0 then
      local words = given and 'There is no fix %s.' or 'There is no such fix now. `:Ambient review` looks for some.'
      vim.notify(words:format(given))
    else
      local function line(proposal)
        return ('%s · %s'):format(in_a_line(proposal), table.concat(proposal.files, ', '))
      end
      vim.ui.select(found, { prompt = 'Which fix?', kind = 'ambient', format_item = line }, function(proposal)
        if proposal then
          chosen(proposal)
        end
      end)
    end
  end)
end

return M
