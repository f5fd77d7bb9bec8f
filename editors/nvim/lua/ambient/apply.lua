--- Takes fixes: whole ones and parts of them. The server asks where a person has to agree, and writes nothing itself.
local M = {}

local server = require('ambient.server')

---@class ambient.Applied
---@field proposal_id string
---@field outcome 'applied'|'partly'|'refused'|'stale'|'blocked'|'unproven'|'cancelled'
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
  local started = 'What you chose is proven before it is applied. `:Ambient cancel` stops it.'
  server.execute(client, 'ambient.server.applyPart', { proposal_id = id, hunks = hunks }, function()
    vim.notify(started)
  end)
end

--- Handles `ambient/applied`. Of everything but a cancellation the server tells by itself.
---@param applied ambient.Applied
function M.on_applied(applied)
  require('ambient.window').close()
  require('ambient.preview').close_if(applied.proposal_id)
  if applied.outcome == 'cancelled' then
    vim.notify(applied.reason)
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'AmbientApplied', modeline = false, data = applied })
end

return M
