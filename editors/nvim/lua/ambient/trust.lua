--- `:Ambient trust`: the user trusts a folder, as `ambient trust` in a terminal does.
local M = {}

local program = require('ambient.program')
local server = require('ambient.server')

--- Ask whether the folder of the current buffer is to be trusted; start the server again if it is.
function M.ask()
  local root = server.root(0)
  local found, where = program.find(server.options, root)
  if not root or not found then
    return vim.notify(root and where or 'This file is in no project.', vim.log.levels.WARN)
  end
  local question = ('Trust %s? Its specialists, gates and checks run as you, and a model may read its files'):format(
    vim.fn.fnamemodify(root, ':~')
  )
  vim.ui.select({ 'Trust it', 'No' }, { prompt = question }, function(answer)
    if answer ~= 'Trust it' then
      return
    end
    vim.system({ found, 'trust', root }, { text = true }, function(done)
      vim.schedule(function()
        if done.code == 0 then
          vim.notify('Trusted. `ambient untrust` takes it back.')
          server.restart()
        else
          vim.notify(vim.trim(done.stderr .. done.stdout), vim.log.levels.ERROR)
        end
      end)
    end)
  end)
end

return M
