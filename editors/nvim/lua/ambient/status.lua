--- What the server last said of itself, and how many fixes it offers.
local M = {}

---@class ambient.Folder
---@field uri string
---@field ready boolean
---@field leader boolean
---@field problem string
---@field sandbox string Empty while it is not known, and where none works.
---@field model ''|'answers'|'unavailable'|'spent' Empty while it has not been asked.
---@field model_message string

---@class ambient.Status
---@field state 'idle'|'working'
---@field runs string[]
---@field folders ambient.Folder[]

---@type ambient.Status
local last = { state = 'idle', runs = {}, folders = {} }
local offers = 0

local function count(client)
  require('ambient.server').request(client, 'ambient/listProposals', vim.empty_dict(), function(result)
    offers = 0
    for _, proposal in ipairs(result.proposals) do
      if proposal.state == 'offered' then
        offers = offers + 1
      end
    end
    vim.api.nvim_exec_autocmds('User', { pattern = 'AmbientStatus', modeline = false })
  end)
end

local function changed(context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if client and not require('ambient.server').call(client, 'is_stopped') then
    count(client)
  end
end

--- Handles `ambient/status`.
---@param status ambient.Status
function M.on_status(_, status, context)
  last = status
  changed(context)
end

--- Handles `ambient/applied`. The server itself tells of what went wrong.
function M.on_applied(_, _, context)
  require('ambient.preview').close()
  changed(context)
end

---@return ambient.Status
function M.last()
  return last
end

--- Return a few words: "" where all is well and nothing is offered.
---@return string
function M.words()
  local sandbox, spent, folders = false, false, last.folders
  for _, folder in ipairs(folders) do
    if folder.problem ~= '' then
      return 'problem'
    end
    sandbox = sandbox or folder.sandbox ~= ''
    spent = spent or folder.model == 'spent'
  end
  if last.state == 'working' then
    return 'checking'
  elseif offers > 0 then
    return (offers == 1 and '1 fix' or offers .. ' fixes') .. (spent and ', budget spent' or '')
  elseif #folders > 0 and not sandbox then
    return 'no sandbox'
  end
  return spent and 'budget spent' or ''
end

--- Return sentences for `:Ambient status`.
---@return string[]
function M.sentences()
  local lines = { ('Ambient is %s, %d fix(es) can be taken.'):format(last.state, offers) }
  for _, folder in ipairs(last.folders) do
    local state = folder.problem ~= '' and folder.problem
      or not folder.ready and 'starting'
      or folder.sandbox ~= '' and 'proves in ' .. folder.sandbox
      or 'no sandbox is known to work'
    lines[#lines + 1] = ('%s: %s'):format(folder.uri, state)
    if folder.model == 'spent' then
      lines[#lines + 1] = 'No model is asked any more. ' .. folder.model_message
    elseif folder.model == 'unavailable' then
      lines[#lines + 1] = 'Only local analyzers look. ' .. folder.model_message
    end
  end
  return lines
end

return M
