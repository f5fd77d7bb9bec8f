--- How the server is found and started.
local M = {}

---@type ambient.Options
M.options = {}

M.install = 'pip install ambient-lsp'

local filetypes = { 'python' }
local root_markers = { '.ambient.yml', '.git', 'pyproject.toml' }

--- Find the server: the option `path`, the active virtual environment, the project's own `.venv`, then PATH.
--- The project's `.venv` is a program out of the repository, so it is used only where the user trusts that.
---@param root? string The project's folder.
---@return string? program
---@return string where How it was found, or why nothing was.
function M.program(root)
  if M.options.path then
    return vim.fs.normalize(M.options.path), 'the option path'
  end
  local inside = vim.fn.has('win32') == 1 and '/Scripts/ambient.exe' or '/bin/ambient'
  local active = vim.env.VIRTUAL_ENV and vim.env.VIRTUAL_ENV .. inside
  if active and vim.fn.executable(active) == 1 then
    return active, 'the active virtual environment'
  end
  local own = M.options.trusted and root and root .. '/.venv' .. inside
  if own and vim.fn.executable(own) == 1 then
    return own, "the project's .venv"
  end
  local found = vim.fn.exepath('ambient')
  if found ~= '' then
    return found, 'PATH'
  end
  return nil, 'Ambient is not installed. Install it with: ' .. M.install
end

--- Return what `vim.lsp.start` and `vim.lsp.config` take.
---@return vim.lsp.ClientConfig
function M.config()
  local status = require('ambient.status')
  return {
    name = 'ambient',
    filetypes = filetypes,
    root_markers = root_markers,
    init_options = M.options.trusted ~= nil and { trusted = M.options.trusted } or nil,
    settings = { ambient = M.options.settings or vim.empty_dict() },
    handlers = {
      ['ambient/status'] = status.on_status,
      ['ambient/applied'] = status.on_applied,
      ['ambient/preview'] = function(_, params)
        require('ambient.preview').diff(params.title, params.diff)
      end,
    },
    cmd = function(dispatchers, config)
      local root = config and config.root_dir or vim.fs.root(0, root_markers)
      local program, where = M.program(root)
      if not program then
        error(where, 0)
      end
      return vim.lsp.rpc.start({ program, 'server', '--stdio' }, dispatchers, { cwd = root })
    end,
  }
end

--- Start the server for each Python buffer; for Neovim 0.10, which has no `vim.lsp.enable`.
function M.start_on_filetype()
  local function start(buffer)
    if vim.bo[buffer].buftype == '' then
      local config = M.config()
      config.root_dir = vim.fs.root(buffer, root_markers) or vim.fn.getcwd()
      vim.lsp.start(config, { bufnr = buffer })
    end
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('ambient', {}),
    pattern = filetypes,
    callback = function(event)
      start(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(filetypes, vim.bo[buffer].filetype) then
      start(buffer)
    end
  end
end

--- The server for a buffer, or any that runs.
---@param buffer? integer
---@return vim.lsp.Client?
function M.client(buffer)
  return vim.lsp.get_clients({ name = 'ambient', bufnr = buffer or 0 })[1]
    or vim.lsp.get_clients({ name = 'ambient' })[1]
end

--- Call a function of a client. Neovim 0.10 has functions where 0.11 has methods, and 0.12 warns of the functions.
---@param client vim.lsp.Client
---@param name 'request'|'stop'|'is_stopped'
function M.call(client, name, ...)
  if vim.fn.has('nvim-0.11') == 1 then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- Send a request. `done` gets the result; what goes wrong is shown in the server's words.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param done? fun(result: any)
function M.request(client, method, params, done)
  local function answered(failure, result)
    if failure then
      vim.notify(failure.message, vim.log.levels.ERROR)
    elseif done then
      done(result)
    end
  end
  M.call(client, 'request', method, params, answered)
end

--- Run a command of the server.
---@param client vim.lsp.Client
---@param command string
---@param options? table
---@param done? fun(result: any)
function M.execute(client, command, options, done)
  local arguments = { options or vim.empty_dict() }
  M.request(client, 'workspace/executeCommand', { command = command, arguments = arguments }, done)
end

--- Stop the server and start it again for the buffers that it served.
function M.restart()
  local clients = vim.lsp.get_clients({ name = 'ambient' })
  local buffers = {}
  for _, client in ipairs(clients) do
    vim.list_extend(buffers, vim.lsp.get_buffers_by_client_id(client.id))
    M.call(client, 'stop')
  end
  if #buffers == 0 then
    buffers = { vim.api.nvim_get_current_buf() }
  end
  local gone = vim.wait(6000, function()
    return #vim.lsp.get_clients({ name = 'ambient' }) == 0
  end, 50)
  for _, client in ipairs(gone and {} or clients) do
    M.call(client, 'stop', true)
  end
  for _, buffer in ipairs(buffers) do
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.api.nvim_exec_autocmds('FileType', { buffer = buffer })
    end
  end
end

return M
