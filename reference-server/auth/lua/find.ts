import { luaScript } from './script.js';

/** KEYS s of one session each. ARGV now, then a sid a key. Returns each session's record, or false where it has ended. */
export const FIND_SCRIPT = luaScript(`
local found = {}
for i, key in ipairs(KEYS) do
  local record = redis.call('HGET', key, ARGV[i + 1])
  if record and tonumber(string.match(record, '|(%d+)|%d+$')) * 1000 <= now then record = false end
  found[i] = record
end
return found
`);
