import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { skipReason, withPair } from './pair.js';

const options = { skip: skipReason };

test('bytes given to connect() reach the server and its answer comes back', options, () => {
  withPair({ capacity: 4, slotsPerRing: 4 }, (pair) => {
    pair.connect(2, 'hello');
    pair.until(() => pair.text(pair.atClient, 2) === 'hello');
    assert.deepEqual(pair.atClient.connected, [2]);
  });
});

test('connections beyond one ring’s table go to further rings on both sides and none is lost', options, () => {
  withPair({ capacity: 300, slotsPerRing: 16, serverSlotsPerRing: 7 }, (pair) => {
    for (let row = 0; row < 300; row++) pair.connect(row, `row ${row}`);
    pair.until(() => pair.atClient.data.size === 300);
    assert.equal(pair.client.ringCount, Math.ceil(300 / 16));
    assert.equal(pair.server.ringCount, Math.ceil(300 / 7));
    assert.equal(new Set(pair.atServer.accepted).size, 300);
    for (let row = 0; row < 300; row++) assert.equal(pair.text(pair.atClient, row), `row ${row}`);
  });
});

test('a server with every slot in use accepts the next connection when one ends', options, () => {
  withPair({ capacity: 8, slotsPerRing: 8, serverSlotsPerRing: 2 }, (pair) => {
    // The client has 8 rows and the server 8 slots: all are used, then each row lives again many times.
    for (let row = 0; row < 8; row++) pair.connect(row, 'x');
    pair.until(() => pair.atClient.data.size === 8);
    for (let life = 1; life <= 50; life++) {
      const row = life % 8;
      pair.client.close(row);
      pair.until(() => pair.atClient.closed.length === life && pair.atServer.closed.length === life);
      pair.connect(row, `life ${life};`);
      pair.until(() => pair.text(pair.atClient, row).endsWith(`life ${life};`));
    }
    assert.equal(pair.atServer.accepted.length, 58);
  });
});

test('connections come from the source address that was asked for', options, () => {
  withPair({ capacity: 6, slotsPerRing: 6, sources: ['127.0.9.1', '127.0.9.2', '127.0.9.3'] }, (pair) => {
    for (let row = 0; row < 6; row++) pair.connect(row, String(row), row % 3);
    pair.until(() => pair.atServer.data.size === 6);
    for (const [row, data] of pair.atServer.data) {
      assert.match(pair.acceptor.peer(row), new RegExp(`^127\\.0\\.9\\.${(Number(data.toString()) % 3) + 1}:\\d+$`));
    }
  });
});

test('a port that nobody listens on is told once, with ECONNREFUSED', options, () => {
  withPair({ capacity: 2, slotsPerRing: 2 }, (pair) => {
    pair.client.connect(1, 1, -1, new Uint8Array(0), 0, 0);
    pair.until(() => pair.atClient.closed.length > 0);
    assert.deepEqual(pair.atClient.closed, [{ row: 1, errno: 111 }]);
    assert.deepEqual(pair.atClient.connected, []);
  });
});

test('several sends of one row in one batch arrive in order', options, () => {
  withPair({ capacity: 3, slotsPerRing: 3 }, (pair) => {
    pair.connect(0);
    pair.connect(1);
    pair.until(() => pair.atClient.connected.length === 2);
    let expected = '';
    for (let i = 0; i < 500; i++) {
      const piece = Buffer.from(`${i},`);
      expected += piece.toString();
      pair.send(0, piece);
      if (i % 7 === 0) pair.send(1, Buffer.from('between'));
    }
    pair.until(
      () =>
        pair.text(pair.atServer, pair.atServer.accepted[0]!).length + pair.text(pair.atServer, pair.atServer.accepted[1]!).length ===
        expected.length + 72 * 7,
    );
    const texts = pair.atServer.accepted.map((row) => pair.text(pair.atServer, row));
    assert.ok(texts.includes(expected));
    assert.ok(texts.includes('between'.repeat(72)));
  });
});

test('a slow reader gets every byte in order, and what waits for it is counted', options, () => {
  let paused = -1;
  withPair(
    {
      capacity: 2,
      slotsPerRing: 2,
      onServerAccepted: (server, row) => {
        if (paused < 0) server.pause((paused = row));
      },
      onServerData: () => {},
    },
    (pair) => {
      pair.connect(0);
      pair.until(() => pair.atClient.connected.length === 1 && paused >= 0);
      const seed = 7;
      const prng = new Prng(seed);
      const sent = Buffer.alloc(12 << 20);
      for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(prng.nextU32(), i);
      // Pieces of uneven length, more than any socket buffer takes.
      for (let at = 0; at < sent.length; ) {
        const length = Math.min(prng.between(1, 200_000), sent.length - at);
        pair.send(0, sent.subarray(at, at + length));
        at += length;
      }
      for (let round = 0; round < 200; round++) pair.client.poll(0);
      assert.ok(pair.client.bufferedBytes(0) > 0, 'the kernel cannot have taken 12 MiB');
      pair.server.resume(paused);
      pair.until(() => (pair.atServer.data.get(paused)?.length ?? 0) === sent.length);
      assert.ok(pair.atServer.data.get(paused)!.equals(sent), `seed ${seed}`);
      pair.until(() => pair.client.bufferedBytes(0) === 0);
    },
  );
});

test('close() lets what was sent go out first, even to a slow reader', options, () => {
  withPair({ capacity: 1, slotsPerRing: 1, onServerData: () => {} }, (pair) => {
    pair.connect(0);
    pair.until(() => pair.atClient.connected.length === 1);
    const bytes = Buffer.alloc(6 << 20, 'z');
    pair.send(0, bytes);
    pair.client.close(0);
    pair.until(() => pair.atClient.closed.length === 1 && pair.atServer.closed.length === 1);
    assert.equal(pair.atServer.data.get(pair.atServer.accepted[0]!)!.length, bytes.length);
    assert.deepEqual(pair.atServer.closed[0]!.errno, 0);
  });
});

test('abort() resets the connection', options, () => {
  withPair({ capacity: 1, slotsPerRing: 1 }, (pair) => {
    pair.connect(0, 'x');
    pair.until(() => pair.text(pair.atClient, 0) === 'x');
    pair.client.abort(0);
    pair.until(() => pair.atClient.closed.length === 1 && pair.atServer.closed.length === 1);
    assert.equal(pair.atServer.closed[0]!.errno, 104);
  });
});

test('a paused connection hands nothing on until it is resumed', options, () => {
  withPair({ capacity: 1, slotsPerRing: 1 }, (pair) => {
    pair.connect(0);
    pair.until(() => pair.atClient.connected.length === 1 && pair.atServer.accepted.length === 1);
    const row = pair.atServer.accepted[0]!;
    pair.server.pause(row);
    for (let round = 0; round < 20; round++) pair.server.poll(0);
    pair.send(0, Buffer.from('waits'));
    for (let round = 0; round < 200; round++) {
      pair.client.poll(0);
      pair.server.poll(0);
    }
    assert.equal(pair.text(pair.atServer, row), '');
    pair.server.resume(row);
    pair.until(() => pair.text(pair.atServer, row) === 'waits');
  });
});

test('in a storm of connects, sends, closes and aborts every life begins and ends exactly once', options, () => {
  const seed = 20261122;
  const rows = 40;
  withPair({ capacity: rows, slotsPerRing: 9, serverSlotsPerRing: 5 }, (pair) => {
    const prng = new Prng(seed);
    const begun = new Int32Array(rows);
    const ended = (row: number): number => pair.atClient.closed.filter((end) => end.row === row).length;
    for (let step = 0; step < 3000; step++) {
      const row = prng.between(0, rows - 1);
      if (begun[row] === ended(row)) {
        pair.connect(row, prng.between(0, 1) ? 'first' : '');
        begun[row]!++;
      } else {
        const action = prng.between(0, 9);
        if (action < 5) pair.send(row, Buffer.alloc(prng.between(1, 5000), row));
        else if (action < 7) pair.client.close(row);
        else if (action < 8) pair.client.abort(row);
      }
      if (step % 5 === 0) pair.client.poll(0);
      if (step % 7 === 0) {
        pair.acceptor.arm();
        pair.server.poll(0);
      }
    }
    for (let row = 0; row < rows; row++) if (begun[row]! > ended(row)) pair.client.close(row);
    const total = begun.reduce((sum, count) => sum + count, 0);
    pair.until(() => pair.atClient.closed.length === total);
    pair.until(() => pair.atServer.closed.length === pair.atServer.accepted.length);
    for (let row = 0; row < rows; row++) assert.equal(ended(row), begun[row], `row ${row}, seed ${seed}`);
  });
});

test('a source address that this machine does not have is told with EADDRNOTAVAIL and reaches no server', options, () => {
  withPair({ capacity: 2, slotsPerRing: 2, sources: ['192.0.2.1'] }, (pair) => {
    pair.connect(0, 'x', 0);
    pair.until(() => pair.atClient.closed.length > 0);
    assert.deepEqual(pair.atClient.closed, [{ row: 0, errno: 99 }]);
    pair.connect(1, 'y');
    pair.until(() => pair.text(pair.atClient, 1) === 'y');
    assert.equal(pair.atServer.accepted.length, 1);
  });
});

test('a row whose connection failed to begin can begin again at once', options, () => {
  withPair({ capacity: 1, slotsPerRing: 1, sources: ['192.0.2.1'] }, (pair) => {
    for (let life = 1; life <= 20; life++) {
      pair.connect(0, '', 0);
      pair.until(() => pair.atClient.closed.length === life);
    }
    pair.connect(0, 'alive');
    pair.until(() => pair.text(pair.atClient, 0) === 'alive');
  });
});

test('first bytes of a connection that failed are not sent by the next one of the row', options, () => {
  withPair({ capacity: 1, slotsPerRing: 1 }, (pair) => {
    const lost = Buffer.from('lost');
    pair.client.connect(0, 1, -1, lost, 0, lost.length);
    pair.until(() => pair.atClient.closed.length === 1);
    pair.connect(0);
    pair.until(() => pair.atClient.connected.length === 1);
    pair.send(0, Buffer.from('own'));
    pair.until(() => pair.text(pair.atClient, 0) === 'own');
  });
});
