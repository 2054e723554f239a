--[[
  Reads a page of an index in the order of value, then key bytes. Writes nothing.

  KEYS[1]  the index (zset)

  ARGV[1]  lower bound of the values, inclusive ('-inf' for none)
  ARGV[2]  upper bound, inclusive ('+inf')
  ARGV[3]  how many at most
  ARGV[4]  resume behind this value ('' to start at the lower bound)
  ARGV[5]  and this key

  Returns  key and value of each entry, flat

  Where to resume is found by rank: at once when the entry is still there, else by halving the ranks of its value,
  so a hundred thousand equal values cost some seventeen look-ups.
]]

-- Lua's own comparison follows the server's locale; the set's does not.
local function isAfter(a, b)
  local common = math.min(#a, #b)
  for from = 1, common, 64 do
    local to = math.min(from + 63, common)
    if string.sub(a, from, to) ~= string.sub(b, from, to) then
      for i = from, to do
        local x, y = string.byte(a, i), string.byte(b, i)
        if x ~= y then return x > y end
      end
    end
  end
  return #a > #b
end

local function rankBehind(value, key)
  local score = redis.call('ZSCORE', KEYS[1], key)
  if score and tonumber(score) == tonumber(value) then return redis.call('ZRANK', KEYS[1], key) + 1 end
  local low = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. value)
  local high = redis.call('ZCOUNT', KEYS[1], '-inf', value)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isAfter(redis.call('ZRANGE', KEYS[1], middle, middle)[1], key) then high = middle else low = middle + 1 end
  end
  return low
end

local first = 0
if ARGV[1] ~= '-inf' then first = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[1]) end
if ARGV[4] ~= '' then first = math.max(first, rankBehind(ARGV[4], ARGV[5])) end
local last = first + tonumber(ARGV[3]) - 1
if ARGV[2] ~= '+inf' then last = math.min(last, redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[2]) - 1) end
if last < first then return {} end
return redis.call('ZRANGE', KEYS[1], first, last, 'WITHSCORES')
