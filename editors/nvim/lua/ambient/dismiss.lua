--- `:Ambient dismiss`: what nobody wants to see again.
local M = {}

local server = require('ambient.server')

---@param client vim.lsp.Client
---@param id string Of a finding or a proposal.
---@param reason? string Asked for where it is not given.
local function send(client, id, reason)
  if reason then
    return server.execute(client, 'ambient.server.dismiss', { id = id, reason = reason })
  end
  vim.ui.input({ prompt = 'Why? It may be empty: ' }, function(entered)
    if entered then
      server.execute(client, 'ambient.server.dismiss', { id = id, reason = entered })
    end
  end)
end

--- Dismiss a finding on the line of the cursor.
---@param client vim.lsp.Client
function M.here(client)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local found = vim.tbl_filter(function(diagnostic)
    return diagnostic.source == 'ambient' and vim.tbl_get(diagnostic, 'user_data', 'lsp', 'data') ~= nil
  end, vim.diagnostic.get(0, { lnum = line }))
  if #found == 0 then
    return vim.notify('Ambient has no finding on this line. Put the cursor on one.', vim.log.levels.WARN)
  end
  local function message(diagnostic)
    return diagnostic.message
  end
  vim.ui.select(found, { prompt = 'Dismiss which finding?', format_item = message }, function(diagnostic)
    if diagnostic then
      send(client, diagnostic.user_data.lsp.data.finding_id)
    end
  end)
end

--- Dismiss a proposal.
---@param client vim.lsp.Client
---@param id string
---@param reason? string
function M.proposal(client, id, reason)
  send(client, id, reason)
end

return M
