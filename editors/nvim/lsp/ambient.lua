-- Read by `vim.lsp.enable('ambient')` (Neovim 0.11 and later); `vim.lsp.config('ambient', {...})` changes any of it.
return require('ambient.server').config()
