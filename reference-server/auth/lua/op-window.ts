import { luaScript } from './script.js';

/** KEYS w. ARGV now sid:nonce limit spanMs. 1, and counted, when one more operation is within the limit; else 0. */
export const OP_WINDOW_SCRIPT = luaScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - tonumber(ARGV[4])))
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], text(now), ARGV[2])
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]) + 1000)
return 1
`);
