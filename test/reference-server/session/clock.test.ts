import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { startServer } from '../../../reference-server/server.js';
import { SessionClock } from '../../../reference-server/session-clock.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ask, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { Bench, ECHO, types } from './bench.js';
import { ManualClock } from './fake-gateway.js';

const HOUR_MS = 3_600_000;

const skewed = (bench: Bench, peer: ReturnType<Bench['ready']>, unixMs: number): number => {
  peer.ops++;
  const packet = wire.opSigned(peer.keys, ++peer.seq, ECHO, unixMs, wire.fresh(8), Buffer.from('x'));
  bench.clock.us += 2_000_000;
  return wire.opAck(peer.send(packet).flat()[0]!).code;
};

describe('the clock of the server', () => {
  it('goes on by monotonic time until it looks, then takes a step over and tells it once', () => {
    const machine = new ManualClock();
    const steps: number[] = [];
    const clock = new SessionClock(machine, (stepMs) => steps.push(stepMs));
    const startMs = machine.wallMs;
    for (const [stepMs, isStep] of [
      [HOUR_MS, true],
      [-HOUR_MS, true],
      [1_001, true],
      [-1_001, true],
      [1_000, false],
      [-1_000, false],
      [0, false],
    ] as const) {
      steps.length = 0;
      const base = clock.unixMs();
      machine.wallMs += stepMs;
      assert.equal(clock.unixMs(), base, 'a step is not seen before the next look');
      machine.advanceMs(999);
      clock.check();
      assert.deepEqual([clock.unixMs(), steps], [base + 999, []], 'it looks once a second');
      machine.advanceMs(1);
      clock.check();
      clock.check();
      assert.deepEqual(steps, isStep ? [stepMs] : []);
      assert.equal(clock.unixMs(), base + 1_000 + (isStep ? stepMs : 0));
      // What was no step goes back, so that the next row begins even.
      if (!isStep) machine.wallMs -= stepMs;
    }
    assert.equal(clock.unixMs(), startMs + 7_000);
  });

  it('follows ten seconds of jitter to and fro without ever telling more than there was', () => {
    const machine = new ManualClock();
    let told = 0;
    const clock = new SessionClock(machine, (stepMs) => {
      told += stepMs;
    });
    const startMs = machine.wallMs;
    for (let second = 1; second <= 600; second++) {
      machine.advanceMs(1_000);
      machine.wallMs += second % 2 === 0 ? 10_000 : -10_000;
      clock.check();
      assert.equal(clock.unixMs(), machine.wallMs);
    }
    assert.equal(told, 0);
    assert.equal(machine.wallMs, startMs + 600_000);
  });

  it('that steps an hour either way closes nobody, keeps every deadline and ends tokens in time', () => {
    for (const stepMs of [HOUR_MS, -HOUR_MS]) {
      const bench = new Bench();
      const brief = bench.ready(bench.desk.issue('brief', bench.nowS + 60));
      const silent = bench.ready(bench.login('silent'));
      const late = bench.connect();
      const asked = bench.ready(bench.login('asked'));
      asked.send(asked.disconnect());
      bench.clock.wallMs += stepMs;
      bench.pass(4_900, 100);
      assert.deepEqual([brief.closeCode, silent.closeCode, late.closeCode, asked.closeCode], [0, 0, 0, 0]);
      // AUTH in 5 s, an answer to ACK_CLOSE in 5 s, silence of 31 s, a token of 60 s: all by monotonic time.
      bench.pass(200, 100);
      assert.deepEqual([late.closeCode, asked.closeCode], [4_202, 1_000]);
      brief.send(brief.ping());
      bench.pass(25_800, 100);
      assert.equal(silent.closeCode, 0);
      bench.pass(200, 100);
      assert.equal(silent.closeCode, 4_503);
      brief.send(brief.ping());
      bench.pass(28_800, 100);
      assert.equal(brief.closeCode, 0);
      bench.pass(200, 100);
      assert.equal(brief.closeCode, 4_203);
      assert.deepEqual(
        bench.audit.filter(({ event }) => event === 'clock.step').map(({ detail }) => detail),
        [`${stepMs} ms`],
      );
    }
  });

  it('judges tokens and time stamps by its own time: the old one before the look at the step, the new one after it', () => {
    const bench = new Bench();
    const peer = bench.ready(bench.login('signer'));
    const soon = bench.desk.issue('soon', bench.nowS + 100);
    bench.clock.wallMs += HOUR_MS;
    // Not looked at yet: a token that the machine's clock calls long dead is good, and so is a time stamp of before.
    const early = bench.connect();
    assert.deepEqual(types(early.send(early.auth(soon))), [[TYPE.AUTH_OK]]);
    bench.pass(1_100, 100);
    const after = bench.connect();
    assert.deepEqual(types(after.send(after.auth(soon))), [[TYPE.AUTH_ERR]]);
    assert.equal(skewed(bench, peer, bench.clock.wallMs - HOUR_MS), 0x0208);
    assert.equal(skewed(bench, peer, bench.clock.wallMs), 0);
    // The connection that AUTH let in keeps the end that it was given.
    assert.equal(early.closeCode, 0);
  });

  it('issues tokens by it too: a step shows in the tokens of the next second, not in those of this one', async () => {
    const machine = new ManualClock();
    const server = await startServer(parseServeOptions([...FREE_PORTS, '--proof', 'none', '--max-sessions', '100'], SECRETS), machine);
    try {
      // Another user each time: logins of one are limited.
      let logins = 0;
      const expiry = async (): Promise<number> => {
        const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid: `p${logins++}`, dfp: DFP }) });
        return answer.json.accessExp as number;
      };
      const before = await expiry();
      assert.equal(before, machine.wallMs / 1_000 + 900);
      machine.wallMs += HOUR_MS;
      assert.equal(await expiry(), before);
      machine.us += 2_000_000;
      machine.wallMs += 2_000;
      let after = await expiry();
      for (let tries = 0; after < before + 3_000 && tries < 90; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        after = await expiry();
      }
      assert.equal(after, before + 3_602);
    } finally {
      await server.stop();
    }
  });
});
