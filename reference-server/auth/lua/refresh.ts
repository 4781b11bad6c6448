import { luaScript } from './script.js';

/**
 * KEYS s r. ARGV now family generation newJti device accessExpS graceMs.
 * Returns {kind} of unknown, expired, device, reuse, with the sid that ended behind all but unknown;
 * or {rotated|repeated, generation, sid, jti, accessExpS, refreshExpS}.
 */
export const REFRESH_SCRIPT = luaScript(`
local family, shown = ARGV[2], tonumber(ARGV[3])
local record = redis.call('HGET', KEYS[2], family)
if not record then return {'unknown'} end
local generation, rotatedMs, expS, device, sid = string.match(record, '^(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
generation = tonumber(generation)

local function drop(why)
  redis.call('HDEL', KEYS[2], family)
  redis.call('HDEL', KEYS[1], sid)
  return {why, sid}
end
local function refuse(why)
  redis.call('PUBLISH', 'gw:ev', 'revoked|' .. sid)
  return drop(why)
end
local session = redis.call('HGET', KEYS[1], sid)
if tonumber(expS) * 1000 <= now or not session then return drop('expired') end
if device ~= ARGV[5] then return refuse('device') end

local jti, accessExpS, order = string.match(session, '^([^|]*)|[^|]*|[^|]*|(%d+)|%d+|(%d+)$')
if shown == generation then
  accessExpS = ARGV[6]
  if tonumber(accessExpS) > tonumber(expS) then accessExpS = expS end
  jti = ARGV[4]
  local next = text(generation + 1)
  redis.call('HSET', KEYS[2], family, next .. '|' .. text(now) .. '|' .. expS .. '|' .. device .. '|' .. sid)
  redis.call('HSET', KEYS[1], sid, jti .. '|' .. device .. '|' .. family .. '|' .. accessExpS .. '|' .. expS .. '|' .. order)
  redis.call('PUBLISH', 'gw:ev', 'token|' .. sid .. '|' .. jti .. '|' .. accessExpS)
  return {'rotated', next, sid, jti, accessExpS, expS}
end
-- Only the generation before the current one is graced: an answer may have been lost, or two tabs asked at once.
if generation > 1 and shown == generation - 1 and now - tonumber(rotatedMs) <= tonumber(ARGV[7]) then
  return {'repeated', text(generation), sid, jti, accessExpS, expS}
end
return refuse('reuse')
`);
