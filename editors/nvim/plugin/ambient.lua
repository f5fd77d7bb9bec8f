if vim.g.loaded_ambient then
  return
end
vim.g.loaded_ambient = true

vim.api.nvim_create_user_command('Ambient', function(given)
  require('ambient.commands').run(given.fargs)
end, {
  nargs = '*',
  desc = 'Reviews, fixes and the state of the Ambient server',
  complete = function(start, line)
    return require('ambient.commands').complete(start, line)
  end,
})
require('ambient.keys').plug()
require('ambient.progress').listen()
