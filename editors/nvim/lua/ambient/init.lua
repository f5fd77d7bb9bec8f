--- Ambient in Neovim: everything that a user's configuration calls.
local M = {}

---@class ambient.Options
---@field path? string The `ambient` program; without it `program.find` looks for one.
---@field trusted? boolean Whether specialists, gates, checks and the `.venv` of a project may run; nil: as `ambient trust` said.
---@field settings? ambient.Settings
---@field keys? string The beginning of key maps, say `<leader>a`; nil: none are made.
---@field progress? boolean Whether what is under way is shown in the message line; false where another plugin shows it.

---@class ambient.Settings
---@field severity? 'hint'|'information'|'warning'|'error' The highest level that findings are shown at.
---@field fixAll? { enable?: boolean } Whether `source.fixAll.ambient` does anything.

--- Start the server for Python files from now on. Neovim 0.11 and later may call `vim.lsp.enable('ambient')` instead.
---@param options? ambient.Options
function M.setup(options)
  options = options or {}
  local server = require('ambient.server')
  server.options = vim.tbl_extend('force', server.options, options)
  if options.keys then
    require('ambient.keys').map(options.keys)
  end
  if vim.lsp.enable then
    vim.lsp.config('ambient', server.config())
    vim.lsp.enable('ambient')
  else
    server.start_on_filetype()
  end
end

--- A few words for a statusline: "" while all is well, "checking 3 of 12", "2 fixes", "no sandbox" and so on.
---@return string
function M.statusline()
  return require('ambient.status').view().words
end

--- The same for a statusline of your own making: the state, its words, and the numbers in them.
---@return ambient.View
function M.status()
  return require('ambient.status').view()
end

return M
