--[[
  Prolongs leases, or gives them back, where the token still holds.

  KEYS[1]  the leases of an index (hash: key -> untilMs|attempt|token)

  ARGV[1]  'renew' keeps the token, 'release' empties it
  ARGV[2]  machine time: the lease's new end, or from when on the entry is free
  then     key and token of each lease

  Returns  the keys whose lease still held
]]
local held = {}
for i = 3, #ARGV, 2 do
  local lease = redis.call('HGET', KEYS[1], ARGV[i])
  if lease then
    local attempt, token = string.match(lease, '^[^|]*|([^|]*)|(.*)$')
    if token == ARGV[i + 1] then
      if ARGV[1] == 'release' then token = '' end
      redis.call('HSET', KEYS[1], ARGV[i], ARGV[2] .. '|' .. attempt .. '|' .. token)
      held[#held + 1] = ARGV[i]
    end
  end
end
return held
