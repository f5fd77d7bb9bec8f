-- The configuration of the Neovim that the README's pictures are taken of; see screenshot_nvim.py.
vim.opt.runtimepath:prepend(vim.env.AMBIENT_PLUGIN)
vim.opt.swapfile = false
vim.opt.termguicolors = true
vim.opt.background = 'dark'
vim.opt.shortmess:append('I')
vim.opt.signcolumn = 'yes'
vim.opt.number = true
vim.opt.statusline = " %t%=%{v:lua.require'ambient'.statusline()} "
vim.diagnostic.config({ virtual_text = true })
require('ambient').setup({ path = vim.env.AMBIENT_PROGRAM, trusted = false })
