--[[
  One commit, all or nothing. Lua does not roll back, so everything is decided before the first write, and
  no write below can fail on what was decided (all keys are this driver's own).

  A document is a string: its version in digits, a line feed, its JSON. Versions and numbers stay text wherever
  they can: Lua would print 1.7e+12.

  KEYS[1]  meta (hash: docs, seq, trimmed)
  KEYS[2]  once-keys (zset scored by untilMs)
  KEYS[3]  log (stream, ids seq-0)
  KEYS[4]  log by time (zset: seq scored by atMs; in sets a seq has 16 digits, so that equal scores keep its order)
  then     one for each check and write: the document
           one for each lease check: the leases of its index (hash)
           two for each index change: the index (zset), its leases (hash)
           one for each counter: its group (hash)
           one for each log entry: its subject's timeline (zset), or KEYS[4] again when it has none

  ARGV[1..7] how many once-keys, checks, writes, leases, index changes, counters, log entries; then for each
           once-key: key, untilMs
           check: version
           write: version, the whole new string ('' removes)
           lease: key, token
           index change: key, value ('' takes out)
           counter: field, addition
           log entry: atMs, type, subject ('' for none), JSON

  Returns  {0}     committed
           {1, i}  the i-th once-key was there already
           {2, i}  the i-th document (checks, then writes) stands at another version
           {3, i}  the i-th lease check does not hold
           {4, i}  the i-th counter would leave the safe integers
]]
local counts = {}
for i = 1, 7 do counts[i] = tonumber(ARGV[i]) end
local onceCount, checkCount, writeCount, leaseCount, indexCount, counterCount, logCount = unpack(counts)

local onceArg = 8
local checkArg = onceArg + 2 * onceCount
local writeArg = checkArg + checkCount
local leaseArg = writeArg + 2 * writeCount
local indexArg = leaseArg + 2 * leaseCount
local counterArg = indexArg + 2 * indexCount
local logArg = counterArg + 2 * counterCount

local checkKey = 5
local writeKey = checkKey + checkCount
local leaseKey = writeKey + writeCount
local indexKey = leaseKey + leaseCount
local counterKey = indexKey + 2 * indexCount
local logKey = counterKey + counterCount

local maxSafe = 9007199254740991

-- Sixteen digits hold every safe integer; the document itself is not fetched.
local function versionOf(key)
  return string.match(redis.call('GETRANGE', key, 0, 16), '^%d+') or '0'
end

for i = 1, onceCount do
  if redis.call('ZSCORE', KEYS[2], ARGV[onceArg + 2 * (i - 1)]) then return { 1, i } end
end
for i = 1, checkCount do
  if versionOf(KEYS[checkKey + i - 1]) ~= ARGV[checkArg + i - 1] then return { 2, i } end
end
for i = 1, writeCount do
  if versionOf(KEYS[writeKey + i - 1]) ~= ARGV[writeArg + 2 * (i - 1)] then return { 2, checkCount + i } end
end
for i = 1, leaseCount do
  local lease = redis.call('HGET', KEYS[leaseKey + i - 1], ARGV[leaseArg + 2 * (i - 1)])
  local token = lease and string.match(lease, '^[^|]*|[^|]*|(.*)$')
  if token ~= ARGV[leaseArg + 2 * (i - 1) + 1] then return { 3, i } end
end
for i = 1, counterCount do
  local arg = counterArg + 2 * (i - 1)
  local total = tonumber(redis.call('HGET', KEYS[counterKey + i - 1], ARGV[arg]) or '0') + tonumber(ARGV[arg + 1])
  if total > maxSafe or total < -maxSafe then return { 4, i } end
end

for i = 1, onceCount do
  local arg = onceArg + 2 * (i - 1)
  redis.call('ZADD', KEYS[2], ARGV[arg + 1], ARGV[arg])
end
local created = 0
for i = 1, writeCount do
  local key, version, document = KEYS[writeKey + i - 1], ARGV[writeArg + 2 * (i - 1)], ARGV[writeArg + 2 * (i - 1) + 1]
  if document ~= '' then
    redis.call('SET', key, document)
    if version == '0' then created = created + 1 end
  elseif version ~= '0' then
    redis.call('DEL', key)
    created = created - 1
  end
end
if created ~= 0 then redis.call('HINCRBY', KEYS[1], 'docs', created) end
for i = 1, indexCount do
  local index, leases = KEYS[indexKey + 2 * (i - 1)], KEYS[indexKey + 2 * (i - 1) + 1]
  local member, value = ARGV[indexArg + 2 * (i - 1)], ARGV[indexArg + 2 * (i - 1) + 1]
  redis.call('HDEL', leases, member)
  if value == '' then redis.call('ZREM', index, member) else redis.call('ZADD', index, value, member) end
end
for i = 1, counterCount do
  local arg = counterArg + 2 * (i - 1)
  redis.call('HINCRBY', KEYS[counterKey + i - 1], ARGV[arg], ARGV[arg + 1])
end
if logCount > 0 then
  local last = tonumber(redis.call('HGET', KEYS[1], 'seq') or '0')
  for i = 1, logCount do
    local arg = logArg + 4 * (i - 1)
    local seq = string.format('%016.0f', last + i)
    redis.call('XADD', KEYS[3], string.format('%.0f-0', last + i), 'a', ARGV[arg], 't', ARGV[arg + 1], 's', ARGV[arg + 2], 'd', ARGV[arg + 3])
    redis.call('ZADD', KEYS[4], ARGV[arg], seq)
    if ARGV[arg + 2] ~= '' then redis.call('ZADD', KEYS[logKey + i - 1], seq, seq) end
  end
  redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', last + logCount))
end
return { 0 }
