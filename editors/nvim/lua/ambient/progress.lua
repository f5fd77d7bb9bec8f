--- Shows in the message line what the server works on, as it tells by `LspProgress`.
local M = {}

--- Handles one report. Neovim 0.12 has progress messages of its own, with a place and a percentage.
---@param token string|integer
---@param value { kind: 'begin'|'report'|'end', title?: string, message?: string, percentage?: integer }
local function show(token, value)
  local words = (value.message or '') ~= '' and value.message or value.kind == 'end' and 'done' or 'at work'
  if vim.fn.has('nvim-0.12') == 1 then
    vim.api.nvim_echo({ { words } }, false, {
      id = 'ambient.' .. token,
      kind = 'progress',
      source = 'ambient',
      title = 'Ambient',
      status = value.kind == 'end' and 'success' or 'running',
      percent = value.percentage,
    })
  elseif vim.api.nvim_get_mode().mode:find('^n') then -- typing is not written over
    local line = value.kind == 'end' and '' or ('Ambient: ' .. words):gsub('\n.*', '')
    vim.api.nvim_echo({ { vim.fn.strcharpart(line, 0, vim.o.columns - 12) } }, false, {})
  end
end

--- Show the progress of every run from now on, unless the option `progress` is false.
function M.listen()
  vim.api.nvim_create_autocmd('LspProgress', {
    group = vim.api.nvim_create_augroup('ambient.progress', {}),
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == 'ambient' and require('ambient.server').options.progress ~= false then
        show(event.data.params.token, event.data.params.value)
      end
    end,
  })
end

return M
