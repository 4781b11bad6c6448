/**
 * Accepts connections into whichever ring has room. One accept entry is one promised slot, so a table never overflows and
 * no connection is lost between two rings, which spreading by the kernel (SO_REUSEPORT) cannot promise.
 */
import {
  AF_INET6,
  EMFILE,
  ENFILE,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from './kernel-constants.js';
import { libc } from './libc.js';
import { allocate } from './memory.js';
import { prepareAccept, prepareCancel } from './operations.js';
import { encodeSocketAddress, formatSocketAddress } from './socket-address.js';
import type { SocketGroup } from './socket-group.js';
import type { SocketRing } from './socket-ring.js';
import { FOR_ACCEPT, FOR_NOTHING, OPEN } from './socket-state.js';

/** Accept entries under way at once. */
const DEPTH = 128;
const BACKLOG = 65535;
const STRIDE = 32;
/** Kept of each peer's address: sockaddr_in without its padding, or sockaddr_in6 without its scope. */
const PEER_BYTES = 8;
const PEER6_BYTES = 24;

export class Acceptor {
  readonly port: number;
  readonly #group: SocketGroup;
  readonly #fd: number;
  readonly #memory = allocate(DEPTH * STRIDE + DEPTH * 4);
  readonly #bytes: Uint8Array;
  readonly #lengths: Int32Array;
  readonly #peers: Uint8Array;
  readonly #peerBytes: number;
  /** The ring each entry under way is in. */
  readonly #rings: (SocketRing | undefined)[] = new Array(DEPTH).fill(undefined);
  readonly #idle: number[] = [];
  #filling: SocketRing | undefined;
  #accepting = true;

  /** Binds and listens; throws an Error with the errno (98: the port is in use, 13: not permitted). Port 0 picks a free one. */
  constructor(group: SocketGroup, host: string, port: number) {
    const address = encodeSocketAddress(host, port);
    this.#group = group;
    this.#fd = listen(address);
    this.port = libc().localPort(this.#fd);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#lengths = new Int32Array(this.#memory.buffer, DEPTH * STRIDE, DEPTH);
    this.#peerBytes = address[0] === AF_INET6 ? PEER6_BYTES : PEER_BYTES;
    this.#peers = new Uint8Array(group.capacity * this.#peerBytes);
    for (let index = DEPTH - 1; index >= 0; index--) this.#idle.push(index);
    group.onAccept = (ring, index, result) => this.#accepted(ring, index, result);
    this.arm();
  }

  /** "127.0.0.1:40000" of the peer of this row. */
  peer(row: number): string {
    return formatSocketAddress(this.#peers, row * this.#peerBytes);
  }

  /** Keeps DEPTH accepts under way as long as there is room; call it once a round. */
  arm(): void {
    while (this.#accepting && this.#idle.length > 0) {
      const ring = this.#ringWithRoom();
      if (!ring) return;
      const index = this.#idle.pop()!;
      this.#rings[index] = ring;
      this.#lengths[index] = STRIDE;
      ring.used++;
      ring.room(1);
      prepareAccept(ring.ring, this.#fd, this.#memory, index * STRIDE, DEPTH * STRIDE + index * 4, index, FOR_ACCEPT);
    }
  }

  /** No new connections from now on. */
  stop(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    for (const [index, ring] of this.#rings.entries()) {
      if (!ring) continue;
      ring.room(1);
      prepareCancel(ring.ring, index, FOR_ACCEPT, 0, FOR_NOTHING);
    }
    libc().close(this.#fd);
  }

  #accepted(ring: SocketRing, index: number, result: number): void {
    this.#rings[index] = undefined;
    this.#idle.push(index);
    if (result < 0) {
      ring.used--;
      // The table is full although a slot was promised: a socket that is ending still holds it. Another entry tries later.
      if (result === -ENFILE || result === -EMFILE) this.#filling = undefined;
      return;
    }
    ring.begin(result, OPEN);
    const row = ring.base + result;
    this.#peers.set(this.#bytes.subarray(index * STRIDE, index * STRIDE + this.#peerBytes), row * this.#peerBytes);
    ring.wantReceive(result);
    this.#group.events.onAccepted(row, this.#group.nowUs);
  }

  /** Stays with one ring until it is full: connections of a small test then share one ring, and one system call a round. */
  #ringWithRoom(): SocketRing | undefined {
    if (this.#filling && this.#filling.used < this.#filling.table.slots) return this.#filling;
    const count = this.#group.ringLimit;
    for (let index = 0; index < count; index++) {
      const ring = this.#group.ring(index) ?? this.#group.makeRing(index);
      if (ring.used >= ring.table.slots) continue;
      this.#filling = ring;
      return ring;
    }
    return undefined;
  }
}

function listen(address: Uint8Array): number {
  const c = libc();
  const fd = check('socket', c.socket(address[0]!, SOCK_STREAM | SOCK_CLOEXEC));
  check('setsockopt', c.setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1));
  check('setsockopt', c.setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1));
  // Accepted sockets inherit it (tcp(7)): no message waits for the acknowledgement of the one before.
  check('setsockopt', c.setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1));
  if (address[0] === AF_INET6) c.setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  for (const [name, result] of [
    ['bind', c.bind(fd, address)],
    ['listen', c.listen(fd, BACKLOG)],
  ] as const) {
    if (result < 0) c.close(fd);
    check(name, result);
  }
  return fd;
}

function check(call: string, result: number): number {
  if (result < 0) throw Object.assign(new Error(`${call}: errno ${-result}`), { errno: -result });
  return result;
}
