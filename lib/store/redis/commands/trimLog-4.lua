--[[
  Removes log entries older than a time that every reader has passed. Looks at one page of entries a call, so that a
  reader that stands still never makes one call long.

  KEYS[1]  log by time (zset: seq in 16 digits, scored by atMs)
  KEYS[2]  log (stream, ids seq-0)
  KEYS[3]  meta (hash: trimmed)
  KEYS[4]  readers (hash: reader -> sequence number it has passed)

  ARGV[1]  journey time: entries at it or younger stay
  ARGV[2]  how many to remove at most
  ARGV[3]  rank to begin at: how many older entries earlier calls had to leave
  ARGV[4]  how many to look at
  ARGV[5]  what the key of a timeline begins with; its subject is only known from the entry, and the hash tag is the
           same as that of KEYS

  Returns  {removed, left, 1 when nothing older is behind this page, else 0}
]]
local beforeMs, limit, rank, page = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local passed = nil
for _, seq in ipairs(redis.call('HVALS', KEYS[4])) do
  if not passed or tonumber(seq) < passed then passed = tonumber(seq) end
end

local trimmed = tonumber(redis.call('HGET', KEYS[3], 'trimmed') or '0')
local removed, left, done = 0, 0, 0
local entries = redis.call('ZRANGE', KEYS[1], rank, rank + page - 1, 'WITHSCORES')
if #entries < 2 * page then done = 1 end
for i = 1, #entries, 2 do
  local seq = entries[i]
  if removed >= limit then break end
  if tonumber(entries[i + 1]) >= beforeMs then
    done = 1
    break
  end
  if passed and tonumber(seq) > passed then
    left = left + 1
  else
    local id = string.format('%.0f-0', tonumber(seq))
    local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
    if entry and entry[2][6] ~= '' then redis.call('ZREM', ARGV[5] .. entry[2][6], seq) end
    redis.call('XDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[1], seq)
    trimmed = math.max(trimmed, tonumber(seq))
    removed = removed + 1
  end
end
if removed > 0 then redis.call('HSET', KEYS[3], 'trimmed', string.format('%.0f', trimmed)) end
return { removed, left, done }
