--- `:checkhealth ambient`.
local M = {}

local health = vim.health

--- Return the server's own examination as lines of text.
---@param doctor table The answer to `ambient.server.doctor`.
---@return string[]
function M.lines(doctor)
  local lines = { ('Ambient %s on Python %s, %s'):format(doctor.version, doctor.python, doctor.encoding) }
  for _, folder in ipairs(doctor.folders) do
    local name = vim.fn.fnamemodify(vim.uri_to_fname(folder.uri), ':~')
    lines[#lines + 1] = ('%s: %s'):format(name, folder.problem ~= '' and folder.problem or 'ready')
    for _, sandbox in ipairs(folder.sandbox) do
      local words = sandbox.ready and 'works' or vim.trim(sandbox.reason .. ' ' .. sandbox.next_step)
      lines[#lines + 1] = ('  %s: %s'):format(sandbox.backend, words)
    end
  end
  return lines
end

local function examine(client)
  local doctor
  require('ambient.server').execute(client, 'ambient.server.doctor', nil, function(result)
    doctor = result
  end)
  vim.wait(10000, function()
    return doctor ~= nil
  end, 20)
  if not doctor then
    return health.warn('The server did not answer.', { ':Ambient restart' })
  end
  for _, folder in ipairs(doctor.folders) do
    if folder.problem ~= '' then
      health.error(folder.uri .. ': ' .. folder.problem)
    end
    local ready = false
    for _, sandbox in ipairs(folder.sandbox) do
      ready = ready or sandbox.ready
      if sandbox.ready then
        health.ok(('%s: fixes are proven in %s'):format(folder.uri, sandbox.backend))
      else
        health.info(('%s: %s'):format(sandbox.backend, sandbox.reason))
      end
    end
    if not ready then
      health.warn(folder.uri .. ': no sandbox works, so no fix is offered.', { 'Install bubblewrap or Docker.' })
    end
  end
end

--- Say what the server last told of itself: trust and the model.
local function examine_status()
  local last = require('ambient.status').last()
  for _, folder in ipairs(last and last.folders or {}) do
    if folder.trusted == false then
      local words = ': not trusted, so no model is asked, and no code that it brings runs outside the sandbox.'
      health.info(folder.uri .. words .. ' `:Ambient trust` trusts it.')
    elseif folder.trusted then
      health.ok(folder.uri .. ': trusted')
    end
    if folder.model == 'spent' or folder.model == 'unavailable' then
      health.warn(folder.uri .. ': only local analyzers look. ' .. folder.model_message)
    elseif folder.model == 'answers' then
      health.ok(folder.uri .. ': the model answers')
    end
  end
end

--- Called by Neovim.
function M.check()
  health.start('ambient')
  if vim.fn.has('nvim-0.10') == 0 then
    return health.error('Neovim 0.10 or later is needed.')
  end
  health.ok('Neovim ' .. tostring(vim.version()))
  local server = require('ambient.server')
  local program, where = require('ambient.program').find(server.options, server.root(0))
  if not program then
    return health.error(where)
  end
  local answer = vim.system({ program, '--version' }, { text = true }):wait(20000)
  if answer.code ~= 0 then
    return health.error(program .. ' does not run.', vim.split(answer.stderr or '', '\n', { trimempty = true }))
  end
  health.ok(('%s is version %s (found by %s)'):format(program, vim.trim(answer.stdout), where))
  local client, gone = server.client(), require('ambient.recovery').state()
  if client then
    examine(client)
    examine_status()
  elseif gone ~= '' then
    health.error('The server ended by itself: ' .. gone .. '.', { ':Ambient log', ':Ambient restart' })
  else
    health.info('No server runs now. It starts with a Python file, after `vim.lsp.enable("ambient")`.')
  end
end

return M
