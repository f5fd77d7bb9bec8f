--- Key maps. Each word that is said often has a `<Plug>` map; others are made only where the user asks for them.
local M = {}

---@type table<string, { word: string, what: string }>
local words = {
  r = { word = 'review', what = 'Review the file' },
  p = { word = 'proposals', what = 'List the proposals' },
  v = { word = 'preview', what = 'See what a fix would change' },
  a = { word = 'apply', what = 'Apply a fix' },
  d = { word = 'dismiss', what = 'Dismiss a finding' },
  c = { word = 'cancel', what = 'Stop what is under way' },
  s = { word = 'status', what = 'Say how things are' },
}

--- Make the `<Plug>(ambient-review)` maps and their like.
function M.plug()
  for _, map in pairs(words) do
    vim.keymap.set('n', ('<Plug>(ambient-%s)'):format(map.word), ('<Cmd>Ambient %s<CR>'):format(map.word))
  end
end

--- Map the beginning with one letter more to each of them. A map that the user has already is left alone.
---@param beginning string
function M.map(beginning)
  for letter, map in pairs(words) do
    if vim.fn.maparg(beginning .. letter, 'n') == '' then
      local plug = ('<Plug>(ambient-%s)'):format(map.word)
      vim.keymap.set('n', beginning .. letter, plug, { desc = 'Ambient: ' .. map.what })
    end
  end
end

return M
