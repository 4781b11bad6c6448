import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BYTES_IN, MESSAGES_IN } from '../../../reference-server/counters.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { Bench, ECHO, MOVE, type Peer, position, TRADE, types } from '../session/bench.js';

/** One of every packet that a client may send, each through its own handler. */
const PACKETS: Readonly<Record<string, (peer: Peer, bench: Bench) => Buffer>> = {
  ping: (peer) => peer.ping(),
  op: (peer) => peer.op(MOVE, position(1, 2)),
  'op signed': (peer) => peer.opSigned(TRADE, wire.fields([4, 1], [4, 2])),
  'room join': (peer) => peer.join(2),
  'room leave': (peer) => peer.leave(1),
  refresh: (peer) => wire.packet(TYPE.REFRESH, ++peer.seq, Buffer.alloc(84)),
  disconnect: (peer) => peer.disconnect(),
  'ack close': (peer) => wire.ackClose(++peer.seq, 2, peer.ops, peer.ops, peer.seq),
};

describe('a fault injected into every handler in turn (S17)', () => {
  for (const [name, make] of [...Object.entries(PACKETS), ['auth', undefined] as const]) {
    it(`${name}: wherever it breaks, its own connection ends and the others lose no answer`, () => {
      let reached = true;
      let failures = 0;
      // SQLite's loop: the Nth touch of a counter throws, for every N that the handler reaches.
      for (let failAt = 1; reached && failAt < 100; failAt++) {
        reached = false;
        const bench = new Bench({ capacity: 8 });
        const honest = [bench.ready(bench.login('one')), bench.ready(bench.login('two'))];
        for (const peer of honest) peer.send(peer.join(1));
        const victim = make === undefined ? bench.connect() : bench.ready(bench.login('victim'));
        if (make !== undefined) victim.send(victim.join(1));
        const packet = make === undefined ? victim.auth(bench.login('victim')) : make(victim, bench);
        const disarm = failOnTouch(bench, failAt, () => {
          reached = true;
        });
        bench.machine.onBinary(victim.slot, packet, 0, packet.length, bench.clock.us);
        disarm();
        if (reached) {
          failures++;
          assert.notEqual(victim.closeCode, 0, `touch ${failAt}`);
          assert.equal(bench.count('handler_faults'), 1);
        }
        let answers = 0;
        for (const peer of honest) {
          for (let i = 0; i < 10; i++) {
            const packets = peer.send(peer.ping(), peer.op(ECHO, Buffer.from('x'))).flat();
            answers += packets.filter(({ type }) => type === TYPE.PONG || type === TYPE.OP_ACK).length;
          }
        }
        assert.equal(answers, 40, `touch ${failAt}`);
        // What the broken one held can be had again: its slot, its session, its seat.
        victim.end();
        const next = bench.ready(bench.login('victim'));
        next.send(next.join(1));
        assert.deepEqual(types(next.send(next.op(MOVE, position(3, 4)), next.ping())), [[TYPE.OP_ACK, TYPE.PONG]]);
      }
      assert.ok(failures >= 2, `the handler was broken at ${failures} places only`);
    });
  }
});

/** Makes the Nth reading or writing of a counter throw, once. Returns what takes that back. */
function failOnTouch(bench: Bench, failAt: number, onReached: () => void): () => void {
  const { counters } = bench;
  const real = counters.values;
  let touches = 0;
  const touch = (key: string | symbol): void => {
    // Counted for every message, before any handler runs.
    if (key === String(MESSAGES_IN) || key === String(BYTES_IN) || ++touches !== failAt) return;
    onReached();
    throw new Error('injected');
  };
  const broken = new Proxy(real, {
    get: (target, key) => {
      touch(key);
      return Reflect.get(target, key, target);
    },
    set: (target, key, value) => {
      touch(key);
      return Reflect.set(target, key, value, target);
    },
  });
  Object.defineProperty(counters, 'values', { value: broken, configurable: true, writable: true });
  return () => Object.defineProperty(counters, 'values', { value: real, configurable: true, writable: true });
}
