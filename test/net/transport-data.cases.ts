import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { readMachine } from '../../src/run/limits-machine.js';
import { drive, Lives, open, type Peer } from './harness.js';

const EIGHT_MIB = 8 * 1024 * 1024;

/** What goes over a connection. */
export function dataCases(kind: 'uring' | 'node', peer: () => Peer): void {
  test('echoes come back on the row that sent them, in order, the first bytes of connect() first', async () => {
    const lives = new Lives(await open(kind, 200, [peer().endpoint('echo')]));
    const { transport } = lives;
    const scratch = new Uint8Array(64);
    const say = (row: number, turn: number, how: (length: number) => void): void => {
      how(new TextEncoder().encodeInto(`row ${row} turn ${turn};`, scratch).written);
      // Both calls promise to have copied the bytes.
      scratch.fill(0);
    };
    lives.open = (row) => say(row, 0, (length) => transport.connect(row, 0, -1, scratch, 0, length));
    lives.connected = (row) => {
      for (let turn = 1; turn < 10; turn++) say(row, turn, (length) => transport.send(row, scratch, 0, length));
    };
    const expected = (row: number): string => Array.from({ length: 10 }, (_, turn) => `row ${row} turn ${turn};`).join('');
    lives.received = (row) => {
      if (lives.length(row) === expected(row).length) transport.close(row);
    };
    await drive(transport, lives);
    for (let row = 0; row < 200; row++) {
      assert.equal(lives.text(row), expected(row));
      const { connected, closed, errno } = lives.rows[row]!;
      assert.deepEqual({ connected, closed, errno }, { connected: 1, closed: 1, errno: 0 });
    }
  });

  test('3,000 rows are open at once, each with its echo', async () => {
    const rows = Math.min(3_000, Math.floor(((readMachine().descriptorsSoft ?? 1_024) - 200) / 2));
    const lives = new Lives(await open(kind, rows, [peer().endpoint('echo')]));
    const { transport } = lives;
    const bytes = new Uint8Array([1, 2, 3, 4]);
    let echoes = 0;
    lives.open = (row) => transport.connect(row, 0, -1, bytes, 0, 4);
    lives.received = () => {
      echoes++;
      if (echoes === rows) for (let row = 0; row < rows; row++) transport.close(row);
    };
    await drive(transport, lives);
    assert.equal(echoes, rows);
    assert.ok(lives.rows.every(({ connected, closed, errno }) => connected === 1 && closed === 1 && errno === 0));
  });

  test('8 MiB to a peer that does not read wait, and arrive whole and in order once it does', async () => {
    const bytes = new Uint8Array(EIGHT_MIB);
    const prng = new Prng(8);
    for (let at = 0; at < EIGHT_MIB; at++) bytes[at] = prng.nextU32();
    const expected = createHash('sha256').update(bytes).digest('hex');
    const transport = await open(kind, 2, [peer().endpoint('reluctant'), peer().endpoint('release')]);
    const lives = new Lives(transport);
    const chunk = 65_536;
    let peakBytes = 0;
    let lastBytes = -1;
    lives.open = (row) => {
      if (row === 0) transport.connect(0, 0, -1, bytes, 0, chunk);
    };
    lives.connected = (row) => {
      if (row !== 0) return;
      const scratch = new Uint8Array(chunk);
      for (let at = chunk; at < EIGHT_MIB; at += chunk) {
        scratch.set(bytes.subarray(at, at + chunk));
        transport.send(0, scratch, 0, chunk);
      }
      peakBytes = transport.bufferedBytes(0);
      transport.connect(1, 1, -1, bytes, 0, 0);
    };
    lives.received = (row) => {
      lastBytes = transport.bufferedBytes(row);
      transport.close(1);
    };
    await drive(transport, lives);
    assert.equal(Buffer.concat(lives.rows[0]!.bytes).toString('hex'), expected);
    assert.ok(peakBytes > 1024 * 1024, `bytes waited for the peer: ${peakBytes}`);
    assert.equal(lastBytes, 0);
    assert.equal(lives.rows[0]!.errno, 0);
  });

  test('the peer sees the source address that was asked for', {
    skip: process.platform !== 'linux' && 'only Linux has all of 127/8',
  }, async () => {
    const lives = new Lives(await open(kind, 9, [peer().endpoint('whoami')], ['127.0.1.1', '127.0.1.2']));
    lives.open = (row) => lives.transport.connect(row, 0, (row % 3) - 1, new Uint8Array(), 0, 0);
    await drive(lives.transport, lives);
    const seen = lives.rows.map((_, row) => lives.text(row));
    assert.deepEqual(
      seen,
      seen.map((_, row) => ['127.0.0.1', '127.0.1.1', '127.0.1.2'][row % 3]),
    );
  });
}
