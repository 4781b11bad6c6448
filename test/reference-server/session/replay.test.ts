import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { Bench, ECHO, type Peer } from './bench.js';

/** A conversation of which every signed packet is recorded. */
function record(bench: Bench): { peer: Peer; packets: Buffer[] } {
  const credential = bench.login('victim');
  const peer = bench.connect();
  const packets = [peer.auth(credential)];
  peer.send(packets[0]!);
  for (let i = 0; i < 40; i++) {
    const packet = i % 8 === 7 ? peer.opSigned(ECHO, Buffer.from(`${i}`)) : peer.ping();
    packets.push(packet);
    peer.send(packet);
    bench.advanceMs(400);
  }
  return { peer, packets };
}

/** True when the packet was taken for good: answered by what a good one gets. */
const isAccepted = (messages: wire.Packet[][]): boolean =>
  messages.flat().some(({ type }) => type === TYPE.AUTH_OK || type === TYPE.PONG || type === TYPE.OP_ACK);

/** The same packet under another seq, which an attacker may write as he likes. */
function renumbered(packet: Buffer, seq: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt32LE(seq, 2);
  return copy;
}

describe('a captured signed packet', () => {
  it('sent again on the same connection, as it was or with the next seq, is never accepted', () => {
    const bench = new Bench({ capacity: 256 });
    let tries = 0;
    for (let i = 0; i < 41; i++) {
      for (const withNextSeq of [false, true]) {
        const { peer, packets } = record(bench);
        assert.equal(peer.closeCode, 0);
        const packet = withNextSeq ? renumbered(packets[i]!, peer.seq + 1) : packets[i]!;
        assert.equal(isAccepted(peer.send(packet)), false, `packet ${i}`);
        assert.notEqual(peer.closeCode, 0);
        peer.end();
        tries++;
      }
    }
    assert.equal(tries, 82);
  });

  it('sent on a new connection of the same session or on another user’s is never accepted', () => {
    const bench = new Bench({ capacity: 256 });
    const { peer: victim, packets } = record(bench);
    for (const packet of packets) {
      const bare = bench.connect();
      assert.equal(isAccepted(bare.send(renumbered(packet, 1))), false);
      const other = bench.ready(bench.login('thief'));
      assert.equal(isAccepted(other.send(renumbered(packet, 2))), false);
      for (const peer of [bare, other]) {
        assert.notEqual(peer.closeCode, 0);
        peer.end();
      }
    }
    assert.equal(victim.closeCode, 0);
  });

  it('sent on a later connection of the very same session is not accepted, because the keys are new', () => {
    const bench = new Bench({ capacity: 256 });
    const credential = bench.login('victim');
    const first = bench.ready(credential);
    const ping = first.ping();
    first.send(ping);
    first.end();
    const second = bench.ready(credential);
    assert.equal(isAccepted(second.send(ping)), false);
    assert.equal(second.closeCode, 4_206);
  });

  it('of the server sent back to it is not accepted, because each direction has its own key', () => {
    const bench = new Bench();
    const peer = bench.ready();
    // A PING under the server's key: what a reflection of the server's own tags would amount to.
    const reflected = wire.ping({ c2s: peer.keys.s2c, s2c: peer.keys.c2s }, 2, 1, 0);
    assert.equal(isAccepted(peer.send(reflected)), false);
    assert.equal(peer.closeCode, 4_206);
  });
});
