import { luaScript } from './script.js';

/**
 * KEYS s r d. ARGV now sid jti device family accessExpS refreshExpS maxSessions maxDevices deny|evict.
 * Returns {1, ended sids...} or {0} when the device limit refuses.
 */
export const LOGIN_SCRIPT = luaScript(`
local sid, jti, device, family = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local accessExpS, refreshExpS = ARGV[6], ARGV[7]
local maxSessions, maxDevices = tonumber(ARGV[8]), tonumber(ARGV[9])
local KEPT_MS = 2592000000

-- Devices: a new one beyond the limit is refused, or takes the place of the one unseen for the longest time.
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. text(now - KEPT_MS + 1))
local forgotten = {}
if not redis.call('ZSCORE', KEYS[3], device) then
  local surplus = redis.call('ZCARD', KEYS[3]) - maxDevices + 1
  if surplus > 0 then
    if ARGV[10] == 'deny' then return {0} end
    for _, old in ipairs(redis.call('ZRANGE', KEYS[3], 0, surplus - 1)) do
      forgotten[old] = true
      redis.call('ZREM', KEYS[3], old)
    end
  end
end
-- Two devices never have the same time: the order of their logins counts, also within one millisecond.
local seen = now
local latest = redis.call('ZRANGE', KEYS[3], -1, -1, 'WITHSCORES')
if latest[2] and tonumber(latest[2]) >= now then seen = tonumber(latest[2]) + 1 / 1024 end
redis.call('ZADD', KEYS[3], string.format('%.17g', seen), device)
redis.call('PEXPIRE', KEYS[3], KEPT_MS)

local live, order = {}, 0
local records = redis.call('HGETALL', KEYS[1])
local ended = {1}
local function drop(oldSid, oldFamily)
  redis.call('HDEL', KEYS[1], oldSid)
  redis.call('HDEL', KEYS[2], oldFamily)
end
for i = 1, #records, 2 do
  local d, f, expS, n = string.match(records[i + 1], '^[^|]*|([^|]*)|([^|]*)|%d+|(%d+)|(%d+)$')
  n = tonumber(n)
  if n > order then order = n end
  if tonumber(expS) * 1000 <= now then
    drop(records[i], f)
  else
    live[#live + 1] = {order = n, sid = records[i], family = f, forgotten = forgotten[d]}
  end
end
table.sort(live, function(a, b) return a.order < b.order end)
local count = #live
for _, session in ipairs(live) do
  if session.forgotten then count = count - 1 end
end
for _, session in ipairs(live) do
  if session.forgotten or count >= maxSessions then
    if not session.forgotten then count = count - 1 end
    drop(session.sid, session.family)
    ended[#ended + 1] = session.sid
  end
end

redis.call('HSET', KEYS[1], sid, jti .. '|' .. device .. '|' .. family .. '|' .. accessExpS .. '|' .. refreshExpS .. '|' .. text(order + 1))
redis.call('HSET', KEYS[2], family, '1|' .. text(now) .. '|' .. refreshExpS .. '|' .. device .. '|' .. sid)
local ttlMs = math.max(tonumber(refreshExpS) * 1000 - now, redis.call('PTTL', KEYS[1]), 1)
redis.call('PEXPIRE', KEYS[1], text(ttlMs))
redis.call('PEXPIRE', KEYS[2], text(ttlMs))
if #ended > 1 then redis.call('PUBLISH', 'gw:ev', 'replaced|' .. table.concat(ended, '|', 2)) end
return ended
`);
