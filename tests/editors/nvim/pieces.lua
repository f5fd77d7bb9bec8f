-- Puts texts together of the pieces of a fix: lines that are changed, added and removed, a new file and a deleted one.
local user = dofile(vim.fs.joinpath(vim.fs.dirname(arg[0]), 'user.lua'))
user.arrive()
local pieces = require('ambient.pieces')

local before = 'one\ntwo\nthree\nfour\n'
local hunks = {
  { id = 'added', path = 'a.py', first = 5, last = 4, before = '', after = 'five\nsix\n' },
  { id = 'changed', path = 'a.py', first = 1, last = 1, before = 'one\n', after = 'ONE\nONE AND A HALF\n' },
  { id = 'elsewhere', path = 'b.py', first = 1, last = 0, before = '', after = 'new\n' },
  { id = 'removed', path = 'a.py', first = 3, last = 3, before = 'three\n', after = '' },
}
local own = pieces.of_file(hunks, 'a.py')

local function makes(taken, expected, rights)
  local set = {}
  for _, id in ipairs(taken) do
    set[id] = true
  end
  local lines, places = pieces.compose(before, own, set)
  assert(vim.deep_equal(lines, expected), vim.inspect(lines))
  local found = vim.tbl_map(function(place)
    return { place.hunk.id, place.right.first, place.right.last }
  end, places)
  assert(vim.deep_equal(found, rights), vim.inspect(found))
  return places
end

makes({}, { 'one', 'two', 'three', 'four' }, { { 'changed', 1, 1 }, { 'removed', 3, 3 }, { 'added', 5, 4 } })
makes(
  { 'changed', 'removed' },
  { 'ONE', 'ONE AND A HALF', 'two', 'four' },
  { { 'changed', 1, 2 }, { 'removed', 4, 3 }, { 'added', 5, 4 } }
)
local places = makes(
  { 'changed', 'removed', 'added' },
  { 'ONE', 'ONE AND A HALF', 'two', 'four', 'five', 'six' },
  { { 'changed', 1, 2 }, { 'removed', 4, 3 }, { 'added', 5, 6 } }
)
for line, id in pairs({ 'changed', 'changed', [4] = 'removed', [5] = 'added', [99] = 'added' }) do
  assert(pieces.nearest(places, 'right', line).hunk.id == id, line)
end

local new = pieces.of_file(hunks, 'b.py')
assert(vim.deep_equal(pieces.compose(nil, new, { elsewhere = true }), { 'new' }))
assert(vim.deep_equal(pieces.compose(nil, new, {}), {}))
local deleted = { { id = 'gone', path = 'c.py', first = 1, last = 2, before = 'a\nb\n', after = '' } }
assert(vim.deep_equal(pieces.compose('a\nb\n', deleted, { gone = true }), {}))
assert(vim.deep_equal(pieces.compose('a\nb\n', deleted, {}), { 'a', 'b' }))
