import { createHash } from 'node:crypto';

/** A Lua script that Redis runs as one atomic step, and the name under which Redis keeps it. */
export interface LuaScript {
  readonly source: string;
  /** SHA-1 of the source in hex, as EVALSHA wants it. */
  readonly sha: string;
}

/**
 * The time of a script: ARGV[1] in Unix milliseconds, or Redis' own clock when that is 0, so that all gateways go by one clock.
 * Only tests give a time.
 */
const NOW = `
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function text(number) return string.format('%.0f', number) end
`;

/**
 * Makes a script of its body, which finds \`now\` (Unix milliseconds) and \`text(number)\` defined. The records that scripts share:
 *
 *   gw:{uid}:s   HASH  sid    -> jti|device|family|accessExpS|refreshExpS|order       the live sessions; order counts a user's logins
 *   gw:{uid}:r   HASH  family -> generation|rotatedMs|refreshExpS|device|sid          the refresh families, one a session
 *   gw:{uid}:d   ZSET  device -> last seen, Unix milliseconds                         the devices
 *   gw:{uid}:w   ZSET  sid:nonce -> Unix milliseconds                                 critical operations of the last ten seconds
 *   gw:ev        channel: replaced|sid..., revoked|sid..., token|sid|jti|accessExpS
 *
 * sid, jti and family are 22 letters of base64url, device is 43. The braces keep one user's keys in one slot.
 */
export function luaScript(body: string): LuaScript {
  const source = NOW + body;
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
