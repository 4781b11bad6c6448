import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { Bench, MOVE, type Peer, position } from '../session/bench.js';

const STOPPED = 100;
const READERS = 10;
const PLAYERS = 260;

for (const workers of [0, 2])
  it(`100 readers that stop cost bounded memory and nobody else a state, with ${workers} logic workers (S11)`, () => {
    const bench = new Bench({ workers, capacity: PLAYERS + 10 });
    const enter = (name: string): Peer => {
      const peer = bench.ready(bench.login(name));
      peer.send(peer.join(3));
      return peer;
    };
    const stopped = Array.from({ length: STOPPED }, (_, i) => enter(`stopped${i}`));
    const readers = Array.from({ length: READERS }, (_, i) => enter(`reader${i}`));
    const others = Array.from({ length: PLAYERS - STOPPED - READERS }, (_, i) => enter(`other${i}`));
    bench.pass(100);
    const movers = [...readers, ...others];
    // What a peer that does not read is sent stays with us, but for what the kernel takes.
    const KERNEL_BYTES = 10_000;
    const sent = new Map(stopped.map(({ slot }) => [slot, 0]));
    const { gateway } = bench;
    const send = gateway.send.bind(gateway);
    gateway.send = (slot, bytes, start, end) => {
      send(slot, bytes, start, end);
      const before = sent.get(slot);
      if (before === undefined) return;
      sent.set(slot, before + end - start);
      gateway.buffered[slot] = Math.max(0, before + end - start - KERNEL_BYTES);
    };
    for (const peer of [...movers, ...stopped]) peer.take();
    let mostBytes = 0;
    // 18 s of 20 ticks a second in which everyone who is well moves.
    for (let tick = 1; tick <= 360; tick++) {
      for (const [i, peer] of movers.entries()) {
        if (i < 128 || tick % 40 === 0) peer.send(peer.op(MOVE, position(tick, i)));
        if (tick % 160 === 0) peer.send(peer.ping());
      }
      if (tick % 160 === 0) for (const peer of stopped) if (peer.closeCode === 0) peer.send(peer.ping());
      bench.pass(50);
      for (const { slot } of stopped) mostBytes = Math.max(mostBytes, gateway.buffered[slot]!);
      for (const [i, peer] of readers.entries()) {
        const states = peer
          .take()
          .flat()
          .filter(({ type }) => type === TYPE.ROOM_STATE);
        assert.equal(states.length, 1, `reader ${i}, tick ${tick}`);
        const { baseTick, rows } = wire.roomState(states[0]!);
        assert.ok(baseTick > 0 && rows.some(({ x }) => x === tick), `reader ${i} sees the moves of tick ${tick}`);
      }
      for (const peer of others) peer.take();
    }
    assert.ok(mostBytes > 262_144, 'they were slow');
    // One state beyond the limit of 256 KiB: from there on they get none.
    assert.ok(mostBytes <= 262_144 + 24 + 8 + 16 * PLAYERS, `${mostBytes}`);
    for (const { closeCode } of stopped) assert.equal(closeCode, 4_303);
    for (const { closeCode } of movers) assert.equal(closeCode, 0);
    assert.equal(bench.count('connections_ready'), movers.length);
    for (const peer of stopped) peer.end(4_303);
    bench.pass(50);
    assert.equal(bench.count('seats'), movers.length);
  });
