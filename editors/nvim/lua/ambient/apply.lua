--- Takes fixes: whole ones and parts of them. The server asks where a person has to agree, and writes nothing itself.
local M = {}

local say = require('ambient.say')
local server = require('ambient.server')

---@class ambient.Applied
---@field proposal_id string
---@field outcome 'applied'|'partly'|'refused'|'stale'|'blocked'|'unproven'|'cancelled'
---@field changed string[] Paths in the project.
---@field reason string

--- Apply a fix. Where it needs approval, the server asks.
---@param client vim.lsp.Client
---@param id string
function M.whole(client, id)
  server.execute(client, 'ambient.server.applyFix', { proposal_id = id })
end

--- Prove some pieces of a fix by themselves, and apply them if they hold.
---@param client vim.lsp.Client
---@param id string
---@param hunks string[]
function M.part(client, id, hunks)
  local started = 'What you chose is proven first. `:Ambient cancel` stops that.'
  server.execute(client, 'ambient.server.applyPart', { proposal_id = id, hunks = hunks }, function()
    vim.notify(started)
  end)
end

--- Say what was changed, and whether it is not written yet: a language server changes what is open, not the file.
---@param paths string[] In the project.
local function tell_changed(paths)
  local names = {} ---@type string[]
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(buffer)
    local changed = vim.iter(paths):any(function(path)
      return vim.endswith(name, '/' .. path)
    end)
    names[#names + 1] = changed and vim.bo[buffer].modified and vim.fs.basename(name) or nil
  end
  if #names == 1 then
    say.briefly('Applied: %s is changed, not saved yet (:w)', names[1])
  elseif #names > 1 then
    say.briefly('Applied: %s are changed, not saved yet (:wa)', #names .. ' files')
  else
    say.briefly('Applied: %s', table.concat(paths, ', '))
  end
end

--- Handles `ambient/applied`. What went wrong the server tells by itself.
---@param applied ambient.Applied
function M.on_applied(applied)
  require('ambient.window').close()
  require('ambient.preview').close_if(applied.proposal_id)
  if applied.outcome == 'cancelled' then
    vim.notify(applied.reason)
  elseif applied.outcome == 'applied' then
    tell_changed(applied.changed)
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'AmbientApplied', modeline = false, data = applied })
end

return M
