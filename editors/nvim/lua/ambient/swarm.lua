--- `:Ambient swarm`: one task in many files.
local M = {}

local server = require('ambient.server')

---@class ambient.Order
---@field task? string
---@field targetDir? string[]
---@field glob? string[]
---@field maxWorkers? integer
---@field budget? integer
---@field apply? 'none'|'low'
---@field changed? boolean
---@field resume? string

---@param value string
---@return string[]
local function listed(value)
  return vim.split(value, ',', { trimempty = true })
end

--- Folders as they are completed: from where Neovim is, which may be elsewhere than the project.
---@param value string
---@return string[]
local function folders(value)
  return vim.tbl_map(function(path)
    return vim.fn.fnamemodify(path, ':p')
  end, listed(value))
end

---@type table<string, { field: string, read: fun(value: string): any }>
local settings = {
  target = { field = 'targetDir', read = folders },
  glob = { field = 'glob', read = listed },
  workers = { field = 'maxWorkers', read = tonumber },
  budget = { field = 'budget', read = tonumber },
  apply = { field = 'apply', read = tostring },
  changed = {
    field = 'changed',
    read = function(value)
      return value == 'yes'
    end,
  },
  resume = { field = 'resume', read = tostring },
}

--- Read what follows `:Ambient swarm`: settings like `workers=4`, then the task in plain words.
---@param words string[]
---@return ambient.Order?
---@return string? problem
function M.read(words)
  local order, task = {}, {} ---@type ambient.Order, string[]
  for _, word in ipairs(words) do
    local name, value = word:match('^(%a+)=(.+)$')
    local setting = #task == 0 and settings[name] or nil
    if setting then
      local read = setting.read(value)
      if read == nil then
        return nil, ('`%s` is no number in `%s`.'):format(value, word)
      end
      order[setting.field] = read
    else
      task[#task + 1] = word
    end
  end
  order.task = #task > 0 and table.concat(task, ' ') or nil
  return order
end

--- Complete a word: a setting, or the folder of `target=`.
---@param start string
---@return string[]
function M.complete(start)
  local folder = start:match('^target=(.*)$')
  if folder then
    return vim.tbl_map(function(path)
      return 'target=' .. path
    end, vim.fn.getcompletion(folder, 'dir'))
  end
  local names = vim.tbl_map(function(name)
    return name .. '='
  end, vim.tbl_keys(settings))
  return vim.list_extend(names, { 'apply=low', 'changed=yes', 'resume=last' })
end

---@param client vim.lsp.Client
---@param order ambient.Order
local function send(client, order)
  server.execute(client, 'ambient.server.swarm', order, function()
    vim.notify('A model works on it; nothing is changed unasked. `:Ambient cancel` stops it.')
  end)
end

--- Start a batch. The task is asked for where none is given.
---@param client vim.lsp.Client
---@param uri string The folder.
---@param words string[]
function M.start(client, uri, words)
  local order, problem = M.read(words)
  if not order then
    return vim.notify(problem, vim.log.levels.ERROR)
  end
  order = vim.tbl_extend('keep', order, { uri = uri, targetDir = { '.' } })
  if order.task or order.resume then
    return send(client, order)
  end
  vim.ui.input({ prompt = 'What is to be done in each file? ' }, function(task)
    if task and vim.trim(task) ~= '' then
      order.task = task
      send(client, order)
    end
  end)
end

--- Handles `ambient/swarm`: shows the report. Of a failure the server tells by itself.
---@param ended { state: 'done'|'stopped'|'cancelled'|'failed', report: string, message: string }
function M.on_ended(ended)
  if ended.state == 'cancelled' then
    local page = ended.report ~= '' and (' Report: ' .. ended.report) or ''
    vim.notify('The batch is stopped. `:Ambient swarm resume=last` goes on with it.' .. page)
  elseif ended.report ~= '' and vim.fn.filereadable(ended.report) == 1 then
    require('ambient.window').file('Ambient: ' .. ended.message, ended.report, 'markdown')
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'AmbientSwarm', modeline = false, data = ended })
end

return M
