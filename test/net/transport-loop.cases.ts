import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { drive, Lives, open, type Peer } from './harness.js';

const LIVES = 1_000;

/** Rows over many lives, and the loop itself. */
export function loopCases(kind: 'uring' | 'node', peer: () => Peer): void {
  test('one row lives 1,000 times and never sees anything of an earlier life', async () => {
    const transport = await open(kind, 1, [peer().endpoint('chatter')]);
    const name = new Uint8Array(4);
    let life = 0;
    let ended = false;
    let foreign = 0;
    let connected = 0;
    const begin = (): void => {
      life++;
      ended = false;
      name.fill(life % 251);
      transport.connect(0, 0, -1, name, 0, 4);
    };
    await drive(transport, {
      start: begin,
      done: () => life > LIVES,
      onConnected: () => connected++,
      onData: (_row, bytes, start, end) => {
        for (let at = start; at < end; at++) if (bytes[at] !== life % 251) foreign++;
        if (ended) return;
        ended = true;
        if (life % 2 === 0) transport.abort(0);
        else transport.close(0);
      },
      onClosed: () => {
        if (life === LIVES) life++;
        else begin();
      },
    });
    assert.equal(foreign, 0, 'bytes of another life were seen');
    assert.equal(connected, LIVES);
  });

  const seed = Number(process.env.SEED ?? 20_241_122);
  test(`in a storm of connects, sends, closes and aborts each connect ends exactly once (SEED=${seed})`, async (context) => {
    context.diagnostic(`SEED=${seed}`);
    const prng = new Prng(seed);
    const rows = 48;
    const behaviours = ['echo', 'reset', 'farewell', 'closed', 'chatter', 'quitter', 'silent', 'halfFarewell'] as const;
    const transport = await open(
      kind,
      rows,
      behaviours.map((name) => peer().endpoint(name)),
    );
    const alive = new Uint8Array(rows);
    const bytes = new Uint8Array(200_000);
    const faults: string[] = [];
    let connects = 0;
    let closes = 0;
    const act = (row: number): void => {
      if (alive[row] === 0 && connects < 1_200) {
        alive[row] = 1;
        connects++;
        transport.connect(row, prng.between(0, behaviours.length - 1), -1, bytes, 0, prng.between(0, 64));
      } else if (alive[row] === 1) {
        const dice = prng.next();
        if (dice < 0.4) transport.send(row, bytes, 0, prng.next() < 0.05 ? bytes.length : prng.between(1, 500));
        else if (dice < 0.7) transport.close(row);
        else transport.abort(row);
      }
    };
    await drive(transport, {
      start: () => undefined,
      done: () => connects === 1_200 && closes === connects,
      onConnected: (row) => {
        if (alive[row] !== 1) faults.push(`onConnected of free row ${row}`);
        if (prng.next() < 0.2) act(row);
      },
      onData: (row) => {
        if (alive[row] !== 1) faults.push(`onData of free row ${row}`);
        if (prng.next() < 0.2) act(row);
      },
      onClosed: (row) => {
        if (alive[row] !== 1) faults.push(`onClosed of free row ${row}`);
        alive[row] = 0;
        closes++;
        if (prng.next() < 0.5) act(row);
      },
      onTick: (nowUs) => {
        for (let turn = 0; turn < 10; turn++) act(prng.between(0, rows - 1));
        return nowUs + 1_000;
      },
    });
    assert.deepEqual(faults, []);
    assert.equal(closes, connects);
    assert.equal(connects, 1_200);
  });

  test('onTick comes for each of its deadlines, not before the first one is due and not endlessly often', async () => {
    const transport = await open(kind, 1, []);
    let dueUs = 0;
    let met = 0;
    let ticks = 0;
    await transport.run({
      onConnected: () => undefined,
      onData: () => undefined,
      onClosed: () => undefined,
      onTick: (nowUs) => {
        ticks++;
        if (dueUs === 0 || nowUs >= dueUs) {
          if (dueUs !== 0) met++;
          dueUs = nowUs + (met % 2 === 0 ? 700 : 6_300);
        }
        return met === 20 ? -1 : dueUs;
      },
    });
    assert.equal(met, 20);
    assert.ok(ticks <= 60, `${ticks} ticks for 20 deadlines`);
  });

  test('events of one batch come before its tick, and what a tick queues goes out without another', async () => {
    const lives = new Lives(await open(kind, 30, [peer().endpoint('echo')]));
    let answered = 0;
    await drive(lives.transport, {
      start: () => lives.start(),
      done: () => answered === 30,
      onConnected: (row) => lives.onConnected(row),
      onData: (row, bytes, start, end) => {
        lives.onData(row, bytes, start, end);
        answered++;
      },
      onTick: () => {
        for (let row = 0; row < 30; row++) {
          if (lives.rows[row]!.connected !== 1) continue;
          lives.rows[row]!.connected = 2;
          lives.transport.send(row, new Uint8Array([row]), 0, 1);
        }
        return Infinity;
      },
    });
    for (let row = 0; row < 30; row++) assert.deepEqual(lives.rows[row]!.bytes, [Buffer.from([row])]);
  });

  test('leaving run() closes the open rows without telling them', async () => {
    const lives = new Lives(await open(kind, 50, [peer().endpoint('silent')]));
    const { silentSeen } = await peer().stats();
    lives.done = () => lives.rows.every(({ connected }) => connected === 1);
    await drive(lives.transport, lives);
    const after = await peer().statsWhen((stats) => stats.silentSeen === silentSeen + 50 && stats.silentOpen === 0);
    assert.deepEqual([after.silentSeen - silentSeen, after.silentOpen], [50, 0]);
    assert.ok(lives.rows.every(({ closed }) => closed === 0));
  });

  test('what a callback throws ends run() with it', async () => {
    const lives = new Lives(await open(kind, 2, [peer().endpoint('farewell')]));
    lives.received = () => {
      throw new RangeError('thrown by the caller');
    };
    await assert.rejects(drive(lives.transport, lives), /thrown by the caller/);
  });
}
