--- The server: how it is started, asked, and started again.
local M = {}

local log = require('ambient.log')
local program = require('ambient.program')

---@type ambient.Options
M.options = {}

local filetypes = { 'python' }
local root_markers = { '.ambient.yml', '.git', 'pyproject.toml' }
local GRACE = 6000 -- milliseconds that a server has to end when it is started again

--- The project's folder of a buffer.
---@param buffer integer
---@return string?
function M.root(buffer)
  return vim.fs.root(buffer, root_markers)
end

--- Return what `vim.lsp.start` and `vim.lsp.config` take.
---@return vim.lsp.ClientConfig
function M.config()
  local status = require('ambient.status')
  local config = {
    name = 'ambient',
    filetypes = filetypes,
    root_markers = root_markers,
    init_options = M.options.trusted ~= nil and { trusted = M.options.trusted } or nil,
    settings = { ambient = M.options.settings or vim.empty_dict() },
    handlers = {
      ['ambient/status'] = status.on_status,
      ['workspace/applyEdit'] = function(failure, asked, context)
        asked.label = nil -- Neovim prints it, however long it is; `ambient/applied` is said in one line
        return vim.lsp.handlers['workspace/applyEdit'](failure, asked, context)
      end,
      ['ambient/applied'] = function(_, applied)
        require('ambient.apply').on_applied(applied)
      end,
      ['ambient/preview'] = function(_, asked)
        require('ambient.window').diff(asked.title, asked.diff)
      end,
      ['ambient/proposals'] = function(_, _, context)
        require('ambient.proposals').on_changed(context.client_id)
      end,
      ['ambient/swarm'] = function(_, ended)
        require('ambient.swarm').on_ended(ended)
      end,
    },
    on_exit = function(code, signal, id)
      require('ambient.recovery').on_exit(code, signal, id)
    end,
  }
  config.cmd = function(dispatchers, resolved)
    -- Neovim 0.10 hands over no configuration.
    local root = (resolved or config).root_dir or M.root(0)
    local found, where = program.find(M.options, root)
    if not found then
      log.note(where)
      error(where, 0)
    end
    log.note(('%s, found by %s, is started for %s'):format(found, where, root or 'no folder'))
    return vim.lsp.rpc.start({ found, 'server', '--stdio' }, dispatchers, { cwd = root })
  end
  return config
end

---@param buffer integer
local function start(buffer)
  if vim.bo[buffer].buftype == '' then
    local config = M.config()
    config.root_dir = M.root(buffer) or vim.fn.getcwd()
    vim.lsp.start(config, { bufnr = buffer })
  end
end

---@param buffer integer
---@return boolean
local function is_ours(buffer)
  return vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(filetypes, vim.bo[buffer].filetype)
end

--- Start the server for each Python buffer; for Neovim 0.10, which has no `vim.lsp.enable`.
function M.start_on_filetype()
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('ambient.start', {}),
    pattern = filetypes,
    callback = function(event)
      start(event.buf)
    end,
  })
  vim.iter(vim.api.nvim_list_bufs()):filter(is_ours):each(start)
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
---@param name 'request'|'request_sync'|'stop'|'is_stopped'
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

--- Send a request and wait for its answer: only for what the server has at hand.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param milliseconds integer
---@return any result Nil where none came in time.
function M.request_sync(client, method, params, milliseconds)
  local answer = M.call(client, 'request_sync', method, params, milliseconds, 0)
  return answer and answer.result
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

--- Start the server again for buffers that it served.
---@param buffers integer[]
function M.serve_again(buffers)
  for _, buffer in ipairs(vim.tbl_filter(is_ours, buffers)) do
    if vim.lsp.enable then
      local config = vim.deepcopy(vim.lsp.config.ambient)
      config.root_dir = M.root(buffer)
      vim.lsp.start(config, { bufnr = buffer })
    else
      start(buffer)
    end
  end
end

--- Stop the server and start it again for the buffers that it served. This returns at once.
function M.restart()
  local buffers = {} ---@type integer[]
  for _, client in ipairs(vim.lsp.get_clients({ name = 'ambient' })) do
    vim.list_extend(buffers, vim.tbl_keys(client.attached_buffers))
    M.call(client, 'stop')
  end
  local deadline = vim.uv.now() + GRACE
  local function go_on()
    local left = vim.lsp.get_clients({ name = 'ambient' })
    if #left > 0 and vim.uv.now() < deadline then
      return vim.defer_fn(go_on, 50)
    end
    for _, client in ipairs(left) do
      M.call(client, 'stop', true)
    end
    require('ambient.recovery').forget()
    M.serve_again(#buffers > 0 and buffers or vim.api.nvim_list_bufs())
  end
  go_on()
end

return M
