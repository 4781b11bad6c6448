import type { ReadyLine } from './ready-line.js';
import type { Target } from './target-address.js';

/** Where the services beside the WebSocket of a target are. */
export interface ServiceAddresses {
  /** POST /v1/login. */
  readonly login: string;
  /** POST /admin/v1/sessions, GET /admin/v1/stats. */
  readonly admin: string;
}

/**
 * What the user says wins, then what the server's ready line says, then the neighbouring ports: login is on the
 * WebSocket's port + 1 and admin on port + 2 (9000, 9001, 9002).
 */
export function serviceAddresses(target: Target, said: Partial<ServiceAddresses>, ready: ReadyLine | undefined): ServiceAddresses {
  const scheme = target.secure ? 'https' : 'http';
  const name = target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname;
  return {
    login: said.login ?? ready?.http ?? `${scheme}://${name}:${target.port + 1}`,
    admin: said.admin ?? ready?.admin ?? `http://${name}:${target.port + 2}`,
  };
}
