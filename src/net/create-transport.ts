import { GwrkError } from '../core/errors.js';
import { probeUring } from '../uring/probe.js';
import type { Transport, TransportOptions } from './transport.js';

export interface TransportWish {
  readonly wanted: 'auto' | 'uring' | 'node';
  /** The target speaks TLS. */
  readonly tls: boolean;
}

export interface TransportChoice {
  readonly kind: 'uring' | 'node';
  /** One line for the report and the terminal. */
  readonly reason: string;
}

export type UringProbe = () => { readonly available: boolean; readonly reason: string };

/**
 * Which transport a run uses, and why. auto: io_uring where it works and the target speaks no TLS, else sockets of Node.
 * Throws GWRK_TRANSPORT_UNAVAILABLE when io_uring is asked for by name and cannot be had.
 */
export function chooseTransport({ wanted, tls }: TransportWish, probe: UringProbe = probeUring): TransportChoice {
  if (wanted === 'node') return { kind: 'node', reason: 'asked for' };
  const { available, reason } = tls ? { available: false, reason: 'TLS needs the node transport' } : probe();
  if (available) return { kind: 'uring', reason: wanted === 'uring' ? 'asked for' : reason };
  if (wanted === 'auto') return { kind: 'node', reason };
  throw new GwrkError('GWRK_TRANSPORT_UNAVAILABLE', `the uring transport cannot be used: ${reason}`, {
    given: 'uring',
    allowed: 'auto, node',
  });
}

/** The transport of that kind. Only the one that is used is loaded: a thread on io_uring needs neither sockets nor TLS of Node. */
export async function createTransport(kind: 'uring' | 'node', options: TransportOptions): Promise<Transport> {
  if (kind === 'node') {
    const { NodeTransport } = await import('./node-transport.js');
    return new NodeTransport(options);
  }
  const { createUringTransport } = await import('./uring-transport.js');
  return createUringTransport(options);
}
