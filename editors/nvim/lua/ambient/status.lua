--- What each server last said of itself, and how that is put in a few words.
local M = {}

local say = require('ambient.say')

---@class ambient.Folder
---@field uri string
---@field ready boolean
---@field leader boolean
---@field problem string
---@field trusted boolean
---@field sandbox string Empty while it is not known, and where none works.
---@field model ''|'answers'|'unavailable'|'spent' Empty while it has not been asked.
---@field model_message string

---@class ambient.Status
---@field state 'idle'|'working'
---@field runs string[]
---@field offers integer How many proven fixes wait.
---@field progress? { done: integer, total: integer } Files of what is under way.
---@field folders ambient.Folder[]

---@class ambient.View
---@field state 'off'|'error'|'checking'|'offers'|'no sandbox'|'spent'|'idle'
---@field words string Empty while nothing is to be said.
---@field offers integer
---@field done? integer
---@field total? integer

---@type table<integer, ambient.Status> By the client's id.
local said = {}
---@type table<string, boolean>
local told = {}

--- Tell whoever shows the status that it has changed.
function M.changed()
  vim.api.nvim_exec_autocmds('User', { pattern = 'AmbientStatus', modeline = false })
  vim.cmd.redrawstatus({ bang = true })
end

--- Say once that what a folder brings along is not used, where the user was not the one to say so. What that means is
--- said by `:Ambient status` and `:checkhealth ambient`.
---@param folder ambient.Folder
local function tell_of_trust(folder)
  if folder.trusted == false and require('ambient.server').options.trusted == nil and not told[folder.uri] then
    told[folder.uri] = true
    local name = vim.fs.basename(vim.uri_to_fname(folder.uri))
    say.briefly('Ambient: %s is not trusted (:Ambient status)', name)
  end
end

--- Handles `ambient/status`.
---@param status ambient.Status
function M.on_status(_, status, context)
  said[context.client_id] = status
  require('ambient.recovery').is_back()
  vim.iter(status.folders):each(tell_of_trust)
  M.changed()
end

--- Forget what a server said that is gone.
---@param id integer The client's.
function M.forget(id)
  said[id] = nil
end

--- What the server of the current buffer last said; nil while it has not said anything.
---@return ambient.Status?
function M.last()
  local client = require('ambient.server').client()
  return client and said[client.id]
end

---@param folder ambient.Folder
local function has_problem(folder)
  return folder.problem ~= ''
end

---@param folder ambient.Folder
local function has_no_sandbox(folder)
  return folder.sandbox == ''
end

---@param folder ambient.Folder
local function is_spent(folder)
  return folder.model == 'spent'
end

--- Return how things are for the current buffer.
---@return ambient.View
function M.view()
  local status, gone = M.last(), require('ambient.recovery').state()
  if gone ~= '' then
    return { state = 'error', words = gone, offers = 0 }
  elseif not status then
    return { state = 'off', words = '', offers = 0 }
  end
  local offers = status.offers
  local spent = vim.iter(status.folders):any(is_spent)
  if vim.iter(status.folders):any(has_problem) then
    return { state = 'error', words = 'problem', offers = offers }
  elseif status.state == 'working' then
    local progress = status.progress
    if not progress or progress.total == 0 then
      return { state = 'checking', words = 'checking', offers = offers }
    end
    local words = ('checking %d of %d'):format(progress.done, progress.total)
    return { state = 'checking', words = words, offers = offers, done = progress.done, total = progress.total }
  elseif offers > 0 then
    local words = (offers == 1 and '1 fix' or offers .. ' fixes') .. (spent and ', budget spent' or '')
    return { state = 'offers', words = words, offers = offers }
  elseif #status.folders > 0 and vim.iter(status.folders):all(has_no_sandbox) then
    return { state = 'no sandbox', words = 'no sandbox', offers = 0 }
  elseif spent then
    return { state = 'spent', words = 'budget spent', offers = 0 }
  end
  return { state = 'idle', words = '', offers = 0 }
end

---@param folder ambient.Folder
---@return string[]
local function of_folder(folder)
  local state = folder.problem ~= '' and folder.problem
    or not folder.ready and 'starting'
    or folder.sandbox ~= '' and 'proves in ' .. folder.sandbox
    or 'no sandbox is known to work'
  local lines = { ('%s: %s'):format(vim.fn.fnamemodify(vim.uri_to_fname(folder.uri), ':~'), state) }
  if folder.trusted == false then
    local words = 'It is not trusted: no model is asked, and no code that it brings runs outside the sandbox. '
    lines[#lines + 1] = words .. '`:Ambient trust` trusts it.'
  end
  if folder.model == 'spent' then
    lines[#lines + 1] = 'No model is asked any more. ' .. folder.model_message
  elseif folder.model == 'unavailable' then
    lines[#lines + 1] = 'Only local analyzers look. ' .. folder.model_message
  end
  return lines
end

--- Return sentences for `:Ambient status`.
---@return string[]
function M.sentences()
  local status, view = M.last(), M.view()
  if not status then
    return { view.words ~= '' and 'The server is ' .. view.words .. '.' or 'The server has not said anything yet.' }
  end
  local under_way = view.state == 'checking' and view.words or status.state
  local fixes = view.offers == 1 and '1 fix' or view.offers .. ' fixes'
  local lines = { ('Ambient is %s, %s can be taken.'):format(under_way, fixes) }
  for _, folder in ipairs(status.folders) do
    vim.list_extend(lines, of_folder(folder))
  end
  return lines
end

return M
