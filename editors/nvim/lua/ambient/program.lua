--- Where the `ambient` program is.
local M = {}

M.install = 'pip install ambient-lsp'

--- Find it: the option `path`, the active virtual environment, the project's own `.venv`, then PATH.
--- The project's `.venv` is a program out of the repository, so it is used only where the user trusts that.
---@param options ambient.Options
---@param root? string The project's folder.
---@return string? program
---@return string where How it was found, or why nothing was.
function M.find(options, root)
  if options.path then
    return vim.fs.normalize(options.path), 'the option path'
  end
  local inside = vim.fn.has('win32') == 1 and '/Scripts/ambient.exe' or '/bin/ambient'
  local active = vim.env.VIRTUAL_ENV and vim.env.VIRTUAL_ENV .. inside
  if active and vim.fn.executable(active) == 1 then
    return active, 'the active virtual environment'
  end
  local own = options.trusted and root and root .. '/.venv' .. inside
  if own and vim.fn.executable(own) == 1 then
    return own, "the project's .venv"
  end
  local found = vim.fn.exepath('ambient')
  if found ~= '' then
    return found, 'PATH'
  end
  return nil, 'Ambient is not installed. Install it with: ' .. M.install
end

return M
