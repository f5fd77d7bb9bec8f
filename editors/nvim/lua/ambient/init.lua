--- Ambient in Neovim: everything that a user's configuration calls.
local M = {}

---@class ambient.Options
---@field path? string The `ambient` program; without it `server.program` looks for one.
---@field trusted? boolean Whether specialists, gates, checks and the `.venv` of a project may run; nil: as `ambient trust` said.
---@field settings? ambient.Settings

---@class ambient.Settings
---@field severity? 'hint'|'information'|'warning'|'error' The highest level that findings are shown at.
---@field fixAll? { enable?: boolean } Whether `source.fixAll.ambient` does anything.

--- Start the server for Python files from now on. Neovim 0.11 and later may call `vim.lsp.enable('ambient')` instead.
---@param options? ambient.Options
function M.setup(options)
  options = options or {}
  local server = require('ambient.server')
  server.options = vim.tbl_extend('force', server.options, options)
  if vim.lsp.enable then
    vim.lsp.config('ambient', server.config())
    vim.lsp.enable('ambient')
  else
    server.start_on_filetype()
  end
end

--- A few words for a statusline: "", "checking", "2 fixes" or "no sandbox".
---@return string
function M.statusline()
  return require('ambient.status').words()
end

return M
