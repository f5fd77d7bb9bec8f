--- A server that ended by itself is started again, a few times: Neovim does not do that.
local M = {}

local log = require('ambient.log')

local MOST = 3
local MINUTES = 3
local PAUSE = 500 -- milliseconds before the first new start; each one waits twice as long

---@type number[] When it ended by itself, in milliseconds.
local ends = {}
---@type ''|'starting again'|'stopped'
local state = ''

--- What is to be said of a server that is gone: "" where none is missed.
---@return ''|'starting again'|'stopped'
function M.state()
  return state
end

--- Count from the beginning.
function M.forget()
  ends, state = {}, ''
end

--- A server has said something.
function M.is_back()
  state = ''
end

---@param words string
---@param level integer
local function tell(words, level)
  log.note(words)
  vim.notify(words, level)
end

---@param how string
---@param buffers integer[]
local function start_again(how, buffers)
  local now = vim.uv.now()
  ends = vim.tbl_filter(function(time)
    return now - time < MINUTES * 60000
  end, ends)
  ends[#ends + 1] = now
  if #ends > MOST then
    state = 'stopped'
    local words = "Ambient's server died %d times and stays off. See `:Ambient log`"
    tell(words:format(#ends), vim.log.levels.ERROR)
  else
    state = 'starting again'
    local words = "Ambient's server died (%s) and is started again (%d of %d)"
    tell(words:format(how, #ends, MOST), vim.log.levels.WARN)
    vim.defer_fn(function()
      require('ambient.server').serve_again(buffers)
    end, PAUSE * 2 ^ (#ends - 1))
  end
end

--- Called by Neovim when a server is gone, outside of its main loop.
---@param code integer
---@param signal integer
---@param id integer
function M.on_exit(code, signal, id)
  local client = vim.lsp.get_client_by_id(id)
  local buffers = client and vim.tbl_keys(client.attached_buffers) or {}
  local worked = client ~= nil and client.initialized == true
  -- A server that was asked to end has the code 0, and one that did not and was made to, signal 15.
  local meant = signal == 15 or signal == 0 and code == 0
  vim.schedule(function()
    require('ambient.status').forget(id)
    local how = signal ~= 0 and 'signal ' .. signal or 'code ' .. code
    if meant or vim.v.exiting ~= vim.NIL then
      log.note('the server has ended, ' .. how)
    elseif worked then
      start_again(how, buffers)
    else
      state = 'stopped'
      tell(("Ambient's server does not start (%s). See `:Ambient log`"):format(how), vim.log.levels.ERROR)
    end
    require('ambient.status').changed()
  end)
end

return M
