--- Shows a fix in two windows in diff mode, before and after, where its pieces can be taken or left one by one.
local M = {}

local pieces = require('ambient.pieces')
local say = require('ambient.say')
local server = require('ambient.server')

---@class ambient.Shown
---@field client vim.lsp.Client
---@field id string
---@field label string
---@field texts { path: string, before?: string, after?: string }[]
---@field hunks ambient.Hunk[]
---@field taken table<string, boolean> By the ids of hunks.
---@field file integer Which of the texts is shown.
---@field places ambient.Place[] Those of this file.
---@field windows table<'left'|'right', integer>
---@field buffers table<'left'|'right', integer>

---@type ambient.Shown?
local shown

local group = vim.api.nvim_create_augroup('ambient.preview', {})
local marks = vim.api.nvim_create_namespace('ambient.pieces')
--- What the keys do, and the same in fewer words for narrow windows.
local HELP = {
  'x: take or leave · Tab: next piece · a: apply · q: close',
  'x take · Tab next · a apply · q close',
  'x · Tab · a · q',
}

---@param side 'left'|'right'
---@param lines string[]
local function set_lines(side, lines)
  local buffer = shown.buffers[side]
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.api.nvim_buf_clear_namespace(buffer, marks, 0, -1)
  vim.bo[buffer].modifiable = false
  -- Not the file type: that would start other plugins and servers for a text that is no file.
  vim.bo[buffer].syntax = vim.filetype.match({ filename = shown.texts[shown.file].path }) or ''
end

--- Return the first text that fits; of the last one, what fits: Neovim would cut the beginning.
---@param texts string[] The longest first.
---@param width integer
---@return string
local function fitting(texts, width)
  for _, text in ipairs(texts) do
    if vim.fn.strdisplaywidth(text) <= width then
      return text
    end
  end
  return say.cut(texts[#texts], width)
end

--- Put a text above a window.
---@param window integer
---@param texts string[] The longest first.
local function title(window, texts)
  local text = fitting(texts, vim.api.nvim_win_get_width(window))
  vim.wo[window].winbar = text:gsub('\n', ' '):gsub('%%', '%%%%')
end

--- What stands below a window of the preview, as wide as there is room: called by its statusline.
---@return string
function M.hint()
  local width = vim.o.laststatus == 3 and vim.o.columns or vim.api.nvim_win_get_width(0)
  return ' ' .. fitting(HELP, width - 1)
end

--- Say above both windows what they show.
local function name_windows()
  local path = shown.texts[shown.file].path
  local count = #shown.texts > 1 and (' (file %d of %d)'):format(shown.file, #shown.texts) or ''
  title(shown.windows.left, { 'before · ' .. path .. count, 'before · ' .. vim.fs.basename(path) .. count })
  title(shown.windows.right, { 'after · ' .. shown.label })
end

--- Say at a piece whether it is taken, in words too and not by colour alone: to the right, or where it has lines.
---@param place ambient.Place
local function mark(place)
  local removed = place.right.last < place.right.first and place.left.last >= place.left.first
  local where = removed and 'left' or 'right'
  local buffer = shown.buffers[where]
  local line = math.min(place[where].first, vim.api.nvim_buf_line_count(buffer))
  local taken = shown.taken[place.hunk.id]
  local number = vim.fn.index(shown.hunks, place.hunk) + 1
  local words = (' %s %d/%d'):format(taken and '✓ taken' or '✗ left out', number, #shown.hunks)
  vim.api.nvim_buf_set_extmark(buffer, marks, line - 1, 0, {
    virt_text = { { words, taken and 'DiagnosticOk' or 'DiagnosticWarn' } },
    virt_text_pos = 'eol',
  })
end

--- Show the current file as it is before, and as it would be with what is taken.
local function draw()
  local text = shown.texts[shown.file]
  local lines
  lines, shown.places = pieces.compose(text.before, pieces.of_file(shown.hunks, text.path), shown.taken)
  set_lines('left', pieces.lines(text.before))
  set_lines('right', lines)
  vim.iter(shown.places):each(mark)
  name_windows()
  vim.api.nvim_win_call(shown.windows.right, vim.cmd.diffupdate)
end

---@return 'left'|'right'
local function side()
  return vim.api.nvim_get_current_win() == shown.windows.left and 'left' or 'right'
end

--- Take the piece at the cursor, or leave it out.
local function toggle()
  local place = pieces.nearest(shown.places, side(), vim.api.nvim_win_get_cursor(0)[1])
  if place then
    local cursor = vim.api.nvim_win_get_cursor(0)
    shown.taken[place.hunk.id] = not shown.taken[place.hunk.id]
    draw()
    cursor[1] = math.min(cursor[1], vim.api.nvim_buf_line_count(0))
    vim.api.nvim_win_set_cursor(0, cursor)
  end
end

--- Go to a piece, in another file too.
---@param hunk ambient.Hunk
local function go_to(hunk)
  for number, text in ipairs(shown.texts) do
    if text.path == hunk.path and number ~= shown.file then
      shown.file = number
      draw()
    end
  end
  for _, place in ipairs(shown.places) do
    if place.hunk == hunk then
      local line = math.min(place[side()].first, vim.api.nvim_buf_line_count(0))
      vim.api.nvim_win_set_cursor(0, { line, 0 })
    end
  end
end

---@param step integer
local function move(step)
  local here = pieces.nearest(shown.places, side(), vim.api.nvim_win_get_cursor(0)[1])
  local number = here and vim.fn.index(shown.hunks, here.hunk) or -step
  if #shown.hunks > 0 then
    go_to(shown.hunks[(number + step) % #shown.hunks + 1])
  end
end

--- Apply what is taken: all of it as it was proven, a part of it once it is proven by itself.
local function apply()
  local taken = {} ---@type string[]
  for _, hunk in ipairs(shown.hunks) do
    taken[#taken + 1] = shown.taken[hunk.id] and hunk.id or nil
  end
  local whole = #taken == #shown.hunks
  if #taken == 0 and not whole then
    return vim.notify('No piece is taken. `x` at a piece takes it.')
  end
  local client, id = shown.client, shown.id
  M.close()
  if whole then
    require('ambient.apply').whole(client, id)
  else
    require('ambient.apply').part(client, id, taken)
  end
end

---@param side_of 'left'|'right'
---@return integer buffer
local function new_buffer(side_of)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  local names = { left = 'before', right = 'after' }
  local what = #shown.texts == 1 and vim.fs.basename(shown.texts[1].path) or #shown.texts .. ' files'
  vim.api.nvim_buf_set_name(buffer, ('ambient-fix://%s/%s (%s)'):format(shown.id, what, names[side_of]))
  local function key(lhs, what, done)
    vim.keymap.set('n', lhs, done, { buffer = buffer, nowait = true, desc = 'Ambient: ' .. what })
  end
  key('x', 'take or leave this piece', toggle)
  key('<Tab>', 'next piece', function()
    move(1)
  end)
  key('<S-Tab>', 'piece before', function()
    move(-1)
  end)
  key('a', 'apply what is taken', apply)
  key('q', 'close', M.close)
  return buffer
end

--- Make a tab page with the two windows.
local function lay_out()
  shown.buffers = { left = new_buffer('left'), right = new_buffer('right') }
  vim.cmd('tab sbuffer ' .. shown.buffers.left)
  shown.windows = { left = vim.api.nvim_get_current_win() }
  shown.windows.right = vim.api.nvim_open_win(shown.buffers.right, true, { split = 'right' })
  for _, window in pairs(shown.windows) do
    vim.api.nvim_win_call(window, vim.cmd.diffthis)
    vim.wo[window].foldenable = false -- a piece that is left out is no difference, and would be folded away
    vim.wo[window].statusline = "%{v:lua.require'ambient.preview'.hint()}"
  end
  vim.api.nvim_create_autocmd('VimResized', { group = group, callback = name_windows })
end

--- Show a proposal.
---@param client vim.lsp.Client
---@param id string
function M.open(client, id)
  server.request(client, 'ambient/getProposal', { id = id }, function(whole)
    if whole.stale ~= '' or #whole.texts == 0 then
      require('ambient.window').diff(whole.label, whole.diff)
      return vim.notify(whole.stale ~= '' and whole.stale or whole.why_not, vim.log.levels.WARN)
    end
    M.close()
    shown = {
      client = client,
      id = whole.id,
      label = whole.label,
      texts = vim.tbl_map(function(text)
        return { path = text.path, before = text.before ~= vim.NIL and text.before or nil }
      end, whole.texts),
      hunks = whole.hunks,
      taken = {},
      file = 1,
      places = {},
    }
    for _, hunk in ipairs(shown.hunks) do
      shown.taken[hunk.id] = true
    end
    lay_out()
    draw()
    if shown.hunks[1] then
      go_to(shown.hunks[1])
    end
    vim.cmd.redraw()
  end)
end

--- Close what is shown.
function M.close()
  local buffers = shown and vim.tbl_values(shown.buffers) or {}
  shown = nil
  vim.api.nvim_clear_autocmds({ group = group })
  for _, buffer in ipairs(buffers) do
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.api.nvim_buf_delete(buffer, { force = true })
    end
  end
end

--- Close it if this is what is shown.
---@param id string
function M.close_if(id)
  if shown and shown.id == id then
    M.close()
  end
end

return M
