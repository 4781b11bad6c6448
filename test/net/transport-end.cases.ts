import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { drive, Lives, open, type Peer } from './harness.js';

/** Every way a connection can end; each must tell onClosed exactly once. */
export function endCases(kind: 'uring' | 'node', peer: () => Peer): void {
  test('a port without a listener refuses with ECONNREFUSED (111) and never connects', async () => {
    const lives = new Lives(await open(kind, 20, [peer().endpoint('closed')]));
    lives.open = (row) => lives.transport.connect(row, 0, -1, new Uint8Array(8), 0, 8);
    await drive(lives.transport, lives);
    for (const { connected, closed, errno } of lives.rows) assert.deepEqual([connected, closed, errno], [0, 1, 111]);
  });

  test('a reset by the peer is ECONNRESET (104)', async () => {
    const lives = new Lives(await open(kind, 20, [peer().endpoint('reset')]));
    lives.open = (row) => lives.transport.connect(row, 0, -1, new Uint8Array(8), 0, 8);
    await drive(lives.transport, lives);
    for (const { connected, closed, errno } of lives.rows) assert.deepEqual([connected, closed, errno], [1, 1, 104]);
  });

  test('an orderly end by the peer brings what it had sent, then onClosed without an error', async () => {
    const lives = new Lives(await open(kind, 20, [peer().endpoint('farewell')]));
    await drive(lives.transport, lives);
    for (let row = 0; row < 20; row++) {
      assert.equal(lives.text(row), 'bye');
      assert.deepEqual([lives.rows[row]!.closed, lives.rows[row]!.errno], [1, 0]);
    }
  });

  test('a peer that ends only its own half frees the row too', async () => {
    const lives = new Lives(await open(kind, 5, [peer().endpoint('halfFarewell')]));
    await drive(lives.transport, lives);
    for (let row = 0; row < 5; row++) assert.deepEqual([lives.text(row), lives.rows[row]!.errno], ['bye', 0]);
  });

  test('close() sends what is queued before it ends the stream', async () => {
    const before = await peer().stats();
    const lives = new Lives(await open(kind, 4, [peer().endpoint('count')]));
    const bytes = new Uint8Array(1024 * 1024);
    lives.connected = (row) => {
      lives.transport.send(row, bytes, 0, bytes.length);
      lives.transport.close(row);
    };
    await drive(lives.transport, lives);
    assert.ok(lives.rows.every(({ closed, errno }) => closed === 1 && errno === 0));
    const after = await peer().statsWhen((stats) => stats.countedEnds === before.countedEnds + 4);
    assert.equal(after.countedBytes - before.countedBytes, 4 * bytes.length);
    assert.equal(after.countedEnds - before.countedEnds, 4);
  });

  const elsewhere = kind === 'node' && 'takes five seconds here: node-transport.test.ts has it with a mocked timer';
  test('close() frees the row although the peer never ends its side', { skip: elsewhere }, async () => {
    const lives = new Lives(await open(kind, 3, [peer().endpoint('stubborn')]));
    lives.connected = (row) => lives.transport.close(row);
    await drive(lives.transport, lives);
    for (const { closed, errno } of lives.rows) assert.deepEqual([closed, errno], [1, 0]);
  });

  test('abort() resets the connection and brings no further data', async () => {
    const before = await peer().stats();
    const lives = new Lives(await open(kind, 10, [peer().endpoint('echo')]));
    lives.open = (row) => lives.transport.connect(row, 0, -1, new Uint8Array(4), 0, 4);
    lives.received = (row) => {
      lives.transport.send(row, new Uint8Array(4), 0, 4);
      lives.transport.abort(row);
    };
    await drive(lives.transport, lives);
    for (let row = 0; row < 10; row++) {
      assert.deepEqual([lives.length(row), lives.rows[row]!.closed, lives.rows[row]!.errno], [4, 1, 0]);
    }
    const after = await peer().statsWhen((stats) => stats.resets === before.resets + 10);
    assert.equal(after.resets - before.resets, 10);
  });

  test('close() and abort() on a row that is free or ending already change nothing', async () => {
    const lives = new Lives(await open(kind, 3, [peer().endpoint('echo')]));
    lives.open = (row) => {
      lives.transport.abort(row);
      lives.transport.close(row);
      lives.transport.connect(row, 0, -1, new Uint8Array(4), 0, 4);
    };
    lives.received = (row) => {
      lives.transport.close(row);
      lives.transport.close(row);
      if (row === 1) lives.transport.abort(row);
      lives.transport.send(row, new Uint8Array(4), 0, 4);
    };
    await drive(lives.transport, lives);
    for (const { connected, closed, errno } of lives.rows) assert.deepEqual([connected, closed, errno], [1, 1, 0]);
  });

  test('a peer that closes in the middle of our stream ends the row once', async () => {
    const lives = new Lives(await open(kind, 10, [peer().endpoint('quitter')]));
    const bytes = new Uint8Array(512 * 1024);
    lives.connected = (row) => lives.transport.send(row, bytes, 0, bytes.length);
    await drive(lives.transport, lives);
    for (const { closed, errno } of lives.rows) {
      assert.equal(closed, 1);
      // In order, reset, or met by our next write: all three are true of the same event.
      assert.ok([0, 104, 32].includes(errno), `errno ${errno}`);
    }
  });

  test('rows whose peer never answers can be aborted and closed while they connect', async () => {
    const gate = new SharedArrayBuffer(4);
    const worker = new Worker(new URL('./full-backlog.js', import.meta.url), { workerData: gate });
    const [port] = (await once(worker, 'message')) as [number];
    const lives = new Lives(await open(kind, 12, [{ address: '127.0.0.1', family: 4, port }]));
    let waited = false;
    await drive(lives.transport, {
      start: () => lives.start(),
      done: () => lives.rows.filter(({ connected }) => connected === 0).every(({ closed }) => closed === 1) && waited,
      onConnected: (row) => lives.onConnected(row),
      onClosed: (row, errno) => lives.onClosed(row, errno),
      onTick: (nowUs) => {
        // The first ones stand by now: the kernel takes them without the server. The others would wait for minutes.
        if (!waited && lives.rows.some(({ connected }) => connected > 0)) {
          waited = true;
          for (let row = 0; row < 12; row++) if (lives.rows[row]!.connected === 0) lives.transport.abort(row);
        }
        return nowUs + 10_000;
      },
    });
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await worker.terminate();
    const never = lives.rows.filter(({ connected }) => connected === 0);
    assert.ok(never.length >= 5, `${never.length} rows were never answered`);
    for (const { closed, errno } of never) assert.deepEqual([closed, errno], [1, 0]);
  });
}
