import { luaScript } from './script.js';

/** KEYS s r. ARGV now sid. Ends one session: 1, or 0 when there was none. */
export const REVOKE_SCRIPT = luaScript(`
local record = redis.call('HGET', KEYS[1], ARGV[2])
if not record then return 0 end
local family, expS = string.match(record, '^[^|]*|[^|]*|([^|]*)|%d+|(%d+)|')
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[2], family)
if tonumber(expS) * 1000 <= now then return 0 end
redis.call('PUBLISH', 'gw:ev', 'revoked|' .. ARGV[2])
return 1
`);

/** KEYS s r. ARGV now. Ends all sessions of a user and returns their sids. The user's devices stay known. */
export const REVOKE_USER_SCRIPT = luaScript(`
local records = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
local ended = {}
for i = 1, #records, 2 do
  local expS = string.match(records[i + 1], '|(%d+)|%d+$')
  if tonumber(expS) * 1000 > now then ended[#ended + 1] = records[i] end
end
if #ended > 0 then redis.call('PUBLISH', 'gw:ev', 'revoked|' .. table.concat(ended, '|')) end
return ended
`);
