--[[
  Forgets once-keys whose time has come, the oldest first.

  KEYS[1]  once-keys (zset scored by untilMs)

  ARGV[1]  forget what is remembered until this time or less
  ARGV[2]  how many at most

  Returns  how many were forgotten
]]
local due = math.min(redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[1]), tonumber(ARGV[2]))
if due == 0 then return 0 end
return redis.call('ZREMRANGEBYRANK', KEYS[1], 0, due - 1)
