--- The pieces of a proposal and the texts that they make: no windows here.
local M = {}

---@class ambient.Hunk
---@field id string
---@field path string
---@field first integer The first line before the change, from 1.
---@field last integer `first - 1` where lines are only added.
---@field before string
---@field after string

---@class ambient.Place
---@field hunk ambient.Hunk
---@field left { first: integer, last: integer } Lines before.
---@field right { first: integer, last: integer } Lines after, as they are with what is taken.

---@param text? string
---@return string[]
function M.lines(text)
  if not text or text == '' then
    return {}
  end
  return vim.split((text:gsub('\n$', '')), '\n', { plain = true })
end

--- Return the pieces of a file from top to bottom.
---@param hunks ambient.Hunk[]
---@param path string
---@return ambient.Hunk[]
function M.of_file(hunks, path)
  local found = vim.tbl_filter(function(hunk)
    return hunk.path == path
  end, hunks)
  table.sort(found, function(one, other)
    return one.first < other.first
  end)
  return found
end

--- Return the text that a file has with the pieces that are taken, and where each piece is in both texts.
---@param before? string
---@param hunks ambient.Hunk[] Of this file, from top to bottom.
---@param taken table<string, boolean>
---@return string[] lines
---@return ambient.Place[] places
function M.compose(before, hunks, taken)
  local old, lines, places, line = M.lines(before), {}, {}, 1
  for _, hunk in ipairs(hunks) do
    vim.list_extend(lines, old, line, hunk.first - 1)
    local first = #lines + 1
    vim.list_extend(lines, M.lines(taken[hunk.id] and hunk.after or hunk.before))
    places[#places + 1] = {
      hunk = hunk,
      left = { first = hunk.first, last = hunk.last },
      right = { first = first, last = #lines },
    }
    line = hunk.last + 1
  end
  return vim.list_extend(lines, old, line), places
end

--- Return the place at a line, or the nearest one.
---@param places ambient.Place[]
---@param side 'left'|'right'
---@param line integer
---@return ambient.Place?
function M.nearest(places, side, line)
  local best, least = nil, math.huge
  for _, place in ipairs(places) do
    local range = place[side] ---@type { first: integer, last: integer }
    local distance = line < range.first and range.first - line or math.max(0, line - math.max(range.first, range.last))
    if distance < least then
      best, least = place, distance
    end
  end
  return best
end

return M
