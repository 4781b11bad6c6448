import { GwrkError } from '../../src/core/errors.js';

const ALLOWED = 'redis://[user:password@]host[:port][/database], or rediss:// for TLS';

/** Where Redis is. The password is a secret: `shown` is the address without it, and nothing else may be printed. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly hasTls: boolean;
  readonly shown: string;
}

/** Reads the address of a Redis; `where` names the flag or variable. Throws GWRK_USAGE, which never holds what was given. */
export function parseRedisUrl(given: string, where: string): RedisAddress {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const database = url === undefined ? null : /^(?:\/(\d{1,4})?)?$/.exec(url.pathname);
  if (url === undefined || database === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || url.search + url.hash !== '') {
    // What was given is not shown: it may hold the password.
    throw new GwrkError('GWRK_USAGE', 'the address of Redis is malformed', { where, allowed: ALLOWED });
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6_379 : Number(url.port);
  return {
    host,
    port,
    username: decode(url.username, where),
    password: decode(url.password, where),
    database: Number(database[1] ?? 0),
    hasTls: url.protocol === 'rediss:',
    shown: `${url.protocol}//${url.hostname}:${port}/${database[1] ?? 0}`,
  };
}

function decode(text: string, where: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new GwrkError('GWRK_USAGE', 'the address of Redis is malformed', { where, allowed: `${ALLOWED}; percent signs as %25` });
  }
}
