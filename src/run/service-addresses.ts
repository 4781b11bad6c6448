import { GwrkError } from '../core/errors.js';
import type { ReadyLine } from './ready-line.js';
import type { Target } from './target-address.js';

/** Where the services beside the WebSocket of a target are, as origins: "http://127.0.0.1:9001". */
export interface ServiceAddresses {
  /** POST /v1/login. */
  readonly login: string;
  /** POST /admin/v1/sessions, GET /admin/v1/stats. */
  readonly admin: string;
}

/**
 * What the user says wins, then what the server's ready line says, then the neighbouring ports: login is on the
 * WebSocket's port + 1 and admin on port + 2 (9000, 9001, 9002). Throws GWRK_USAGE for what is no http URL.
 */
export function serviceAddresses(
  target: Target,
  said: { readonly loginUrl?: string; readonly adminUrl?: string },
  ready: ReadyLine | undefined,
): ServiceAddresses {
  const name = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname;
  // A port behind the last one is none: the address is then only known when somebody says it.
  const beside = (scheme: string, distance: number): string => `${scheme}://${name}:${Math.min(target.port + distance, 65_535)}`;
  return {
    login: origin(said.loginUrl, '--login-url') ?? ready?.http ?? beside(target.secure ? 'https' : 'http', 1),
    admin: origin(said.adminUrl, '--admin-url') ?? ready?.admin ?? beside('http', 2),
  };
}

function origin(text: string | undefined, where: string): string | undefined {
  if (text === undefined) return undefined;
  if (/^https?:\/\//iu.test(text) && URL.canParse(text)) return new URL(text).origin;
  throw new GwrkError('GWRK_USAGE', 'this is not the address of an HTTP server', {
    where,
    given: text,
    allowed: 'http://host:port or https://host:port',
  });
}
