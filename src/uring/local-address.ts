import { libc } from './libc.js';
import { prepareInstall } from './operations.js';
import { formatSocketAddress } from './socket-address.js';
import type { SocketRing } from './socket-ring.js';
import { FOR_INSTALL, OPEN, OPERATION_MASK } from './socket-state.js';

/**
 * "ip:port" of our end of the connection in this slot, or undefined when it is not open or the kernel does not say. A direct
 * descriptor has no number that getsockname() would take, so the kernel makes one (Linux 6.8) for the moment of the question.
 * Takes three system calls: for what happens seldom.
 */
export function localAddress(ring: SocketRing, slot: number): string | undefined {
  if (ring.table.state[slot] !== OPEN) return undefined;
  ring.room(1);
  const tag = ring.table.tag(slot);
  prepareInstall(ring.ring, slot, tag, FOR_INSTALL);
  ring.handOver();
  const fd = resultOf(ring, tag);
  if (fd < 0) return undefined;
  const address = libc().localAddress(fd);
  libc().close(fd);
  return address && formatSocketAddress(address, 0);
}

/** The result of the newest completion of this entry: it was carried out during the hand-over. Its turn to be visited comes later. */
function resultOf({ ring }: SocketRing, tag: number): number {
  const { queue, completionHead, completionTail, completions, completionMask } = ring;
  const head = Atomics.load(queue, completionHead);
  const tail = Atomics.load(queue, completionTail);
  for (let index = (tail - 1) | 0; ((index - head) | 0) >= 0; index = (index - 1) | 0) {
    const at = completions + ((index & completionMask) << 2);
    if ((queue[at + 1]! & OPERATION_MASK) === FOR_INSTALL && queue[at] === tag) return queue[at + 2]!;
  }
  return -1;
}
