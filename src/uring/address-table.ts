/** Remote and local addresses in kernel-visible memory, and the entries that open a connection between two of them. */
import {
  AF_INET,
  AF_INET6,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_LINGER,
  SOL_SOCKET,
  TCP_NODELAY,
  TCP_QUICKACK,
} from './kernel-constants.js';
import { allocate } from './memory.js';
import { prepareBind, prepareConnect, prepareSetOption, prepareSocket } from './operations.js';
import { encodeSocketAddress, SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES } from './socket-address.js';
import type { SocketRing } from './socket-ring.js';
import { CONNECTING, FOR_CHAIN, FOR_CONNECT, FOR_NOTHING } from './socket-state.js';

const STRIDE = 32;
/** The integers 1 and 0 for options, and behind them struct linger {1, 0}: close with a reset. */
const ONE = 0;
const ZERO = 4;
const LINGER = 8;
const ADDRESSES = 32;

export interface AddressTable {
  /**
   * Begins the life of `slot`: a socket, from source number `source` (-1: any) to target number `target`. `speaksFirst`: bytes go
   * out as soon as the connection stands, so that the acknowledgement of the handshake may ride along with them.
   */
  connect(ring: SocketRing, slot: number, target: number, source: number, speaksFirst: boolean): void;
  /** Makes the close of this slot a reset. */
  lingerNot(ring: SocketRing, slot: number): void;
}

export function createAddressTable(
  targets: readonly { readonly address: string; readonly port: number }[],
  sources: readonly string[],
): AddressTable {
  const memory = allocate(ADDRESSES + STRIDE * (targets.length + sources.length));
  const bytes = new Uint8Array(memory.buffer);
  const words = new Int32Array(memory.buffer, 0, 8);
  words[0] = 1;
  words[2] = 1;
  for (const [index, { address, port }] of targets.entries()) bytes.set(encodeSocketAddress(address, port), ADDRESSES + index * STRIDE);
  const sourcesAt = ADDRESSES + targets.length * STRIDE;
  // Port 0 together with IP_BIND_ADDRESS_NO_PORT: the kernel picks the port at connect time by the whole 4-tuple, so
  // that neither TIME_WAIT nor another target's connections are in the way (ip(7)).
  for (const [index, address] of sources.entries()) bytes.set(encodeSocketAddress(address, 0), sourcesAt + index * STRIDE);
  const lengthAt = (at: number): number => (bytes[at] === AF_INET6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);

  return {
    connect(ring, slot, target, source, speaksFirst) {
      const targetAt = ADDRESSES + target * STRIDE;
      ring.room(6);
      ring.begin(slot, CONNECTING);
      ring.used++;
      const tag = ring.table.tag(slot);
      prepareSocket(ring.ring, bytes[targetAt] === AF_INET6 ? AF_INET6 : AF_INET, slot, tag, FOR_CHAIN);
      prepareSetOption(ring.ring, slot, IPPROTO_TCP, TCP_NODELAY, memory, ONE, 4, tag, FOR_CHAIN);
      // The connection counts as interactive from its beginning (tcp(7)): an acknowledgement waits for the bytes that follow at
      // once anyway. That saves three segments a session, of some two microseconds each. A client that is silent first must not
      // have it: its peer would hear of the connection 200 ms late.
      if (speaksFirst) prepareSetOption(ring.ring, slot, IPPROTO_TCP, TCP_QUICKACK, memory, ZERO, 4, tag, FOR_CHAIN);
      if (source >= 0) {
        const sourceAt = sourcesAt + source * STRIDE;
        prepareSetOption(ring.ring, slot, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, memory, ONE, 4, tag, FOR_CHAIN);
        prepareBind(ring.ring, slot, memory, sourceAt, lengthAt(sourceAt), tag, FOR_CHAIN);
      }
      prepareConnect(ring.ring, slot, memory, targetAt, lengthAt(targetAt), tag, FOR_CONNECT);
    },
    lingerNot(ring, slot) {
      ring.room(1);
      prepareSetOption(ring.ring, slot, SOL_SOCKET, SO_LINGER, memory, LINGER, 8, 0, FOR_NOTHING);
    },
  };
}
