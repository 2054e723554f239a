--[[
  Takes one subject's entries out of the log, oldest first.

  KEYS[1]  the subject's timeline (zset: seq in 16 digits, scored by itself)
  KEYS[2]  log (stream, ids seq-0)
  KEYS[3]  log by time (zset)

  ARGV[1]  how many at most

  Returns  how many were removed
]]
local seqs = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[1]) - 1)
for _, seq in ipairs(seqs) do
  redis.call('XDEL', KEYS[2], string.format('%.0f-0', tonumber(seq)))
  redis.call('ZREM', KEYS[3], seq)
  redis.call('ZREM', KEYS[1], seq)
end
return #seqs
