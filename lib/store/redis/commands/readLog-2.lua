--[[
  Reads the log behind a cursor, oldest first. Writes nothing.

  KEYS[1]  meta (hash: trimmed is the highest sequence number that was trimmed away)
  KEYS[2]  log (stream, ids seq-0)

  ARGV[1]  the cursor; 0 starts at the oldest entry kept
  ARGV[2]  the first id behind it
  ARGV[3]  how many at most

  Returns  {0, entries} or {1, trimmed} when entries behind the cursor are gone
]]
local trimmed = redis.call('HGET', KEYS[1], 'trimmed') or '0'
if ARGV[1] ~= '0' and tonumber(ARGV[1]) < tonumber(trimmed) then return { 1, trimmed } end
return { 0, redis.call('XRANGE', KEYS[2], ARGV[2], '+', 'COUNT', ARGV[3]) }
