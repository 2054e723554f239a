--[[
  Leases entries that are due and free, lowest value first.

  KEYS[1]  the index (zset)
  KEYS[2]  its leases (hash: key -> untilMs|attempt|token; the token is empty once given back)

  ARGV[1]  claim values up to this
  ARGV[2]  machine time: leases that end by then are over
  ARGV[3]  machine time at which the new leases end
  ARGV[4]  how many at most
  ARGV[5]  what the new tokens begin with; their place in the answer follows

  Returns  key, value, attempt of each claimed entry, flat

  Ranks are read in chunks from the lowest value on: the cost depends on the limit and on how many entries at the
  head are leased, not on how many wait.
]]
local dueMs, nowMs, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local chunk = math.min(math.max(limit, 100), 1000)
local claimed, leases = {}, {}
local rank, pastDue = 0, false

while #leases < 2 * limit and not pastDue do
  local entries = redis.call('ZRANGE', KEYS[1], rank, rank + chunk - 1, 'WITHSCORES')
  local keys = {}
  for i = 1, #entries, 2 do
    if tonumber(entries[i + 1]) > dueMs then
      pastDue = true
      break
    end
    keys[#keys + 1] = entries[i]
  end
  if #keys == 0 then break end
  local found = redis.call('HMGET', KEYS[2], unpack(keys))
  for i = 1, #keys do
    if #leases >= 2 * limit then break end
    local untilMs, attempt = 0, 0
    local isFree = true
    if found[i] then
      untilMs, attempt = string.match(found[i], '^([^|]*)|([^|]*)|')
      attempt = tonumber(attempt)
      isFree = tonumber(untilMs) <= nowMs
    end
    if isFree then
      attempt = string.format('%.0f', attempt + 1)
      leases[#leases + 1] = keys[i]
      leases[#leases + 1] = ARGV[3] .. '|' .. attempt .. '|' .. ARGV[5] .. '.' .. string.format('%.0f', #claimed / 3)
      claimed[#claimed + 1] = keys[i]
      claimed[#claimed + 1] = entries[2 * i]
      claimed[#claimed + 1] = attempt
    end
  end
  rank = rank + chunk
end

-- Lua's stack holds some thousand arguments.
for i = 1, #leases, 1000 do
  redis.call('HSET', KEYS[2], unpack(leases, i, math.min(i + 999, #leases)))
end
return claimed
