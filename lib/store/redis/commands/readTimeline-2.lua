--[[
  Reads one subject's log entries, newest first. Writes nothing.

  KEYS[1]  the subject's timeline (zset: seq in 16 digits, scored by itself)
  KEYS[2]  log (stream, ids seq-0)

  ARGV[1]  only entries below this sequence number
  ARGV[2]  how many at most

  Returns  stream entries
]]
local entries = {}
for _, seq in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '-inf', 'LIMIT', 0, ARGV[2])) do
  local id = string.format('%.0f-0', tonumber(seq))
  entries[#entries + 1] = redis.call('XRANGE', KEYS[2], id, id)[1]
end
return entries
