import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { Snapshots } from '../../src/measure/snapshot.js';
import { buildReport, type Report } from '../../src/report/report.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { type FindMaxHost, type FindMaxOptions, findMax } from '../../src/run/find-max.js';
import { searchHighest } from '../../src/run/find-max-search.js';
import { loadScenario } from '../../src/scenario/load.js';
import type { Plan } from '../../src/scenario/plan.js';
import { sampleRun } from '../report/sample-run.js';

const planOf = (executor: string): Plan =>
  loadScenario(`name: x\ntarget: ws://127.0.0.1:1/\nscenarios:\n  a: { ${executor}, flow: [{ connect: {} }] }\n`, { file: 'x' }).plan;

const SAMPLE = buildReport(sampleRun());
const CLIENTS = planOf('executor: constant-clients, clients: 7, duration: 1m');

const OPTIONS: FindMaxOptions = {
  of: 'connections',
  kind: 'clients',
  bounds: [{ metric: 'ws_msg_rtt', expression: 'p(99)<20', level: 'error', abortOnFail: false, delayAbortEvalUs: 0 }],
  from: 100,
  to: 10_000,
  stepTimeUs: 4e6,
  precision: 0.05,
};

interface Behaviour {
  /** Response time while a load is held. */
  readonly rttMs: (clients: number) => number;
  readonly change?: (report: Report, probe: number) => Report;
  readonly connected?: (clients: number) => number;
  readonly wantsEnd?: (probe: number) => boolean;
  readonly throws?: (clients: number) => Error | undefined;
}

/** A run of a plan without sockets: second by second, slow before the hold, as `rttMs` says in it. */
function host(
  { rttMs, change = (report) => report, connected = (clients) => clients, wantsEnd, throws }: Behaviour,
  loads: number[],
): FindMaxHost {
  return {
    planFor: async () => CLIENTS,
    rest: async () => wantsEnd?.(loads.length) ?? false,
    onProbe: () => {},
    run: async (plan, onProgress) => {
      const clients = plan.maxClients;
      const error = throws?.(clients);
      if (error) throw error;
      loads.push(clients);
      const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
      const snapshots = new Snapshots([recorder], 0);
      const there = connected(clients);
      recorder.count(COUNTER.connects_started, clients);
      for (let second = 1; second <= plan.durationUs / 1e6; second++) {
        recorder.gauge(GAUGE.clients_ready, there);
        for (let i = 0; i < 1000; i++) recorder.record(TREND.ws_msg_rtt, second <= 2 ? 900e3 : rttMs(clients) * 1000);
        recorder.count(COUNTER.ws_msgs_sent, 1000);
        onProgress(snapshots.take(second * 1e6), [], [recorder]);
      }
      const report = SAMPLE;
      const calm = { ...report, verdict: 'pass' as const, exitCode: 0, generator: { ...report.generator, saturated: false } };
      return change({ ...calm, clients: { ...calm.clients, planned: clients, failed: 0, lost: 0 } }, loads.length);
    },
  };
}

async function search(behaviour: Behaviour, options: Partial<FindMaxOptions> = {}): Promise<{ report: Report; loads: number[] }> {
  const loads: number[] = [];
  const report = await findMax({ ...OPTIONS, ...options }, host(behaviour, loads));
  return { report, loads };
}

describe('the search for the highest load', () => {
  it('finds the limit within its precision, wherever it lies, with few probes', async () => {
    for (const limit of [100, 101, 150, 199, 200, 201, 999, 1600, 7777]) {
      let probes = 0;
      const { highestMet, lowestMissed } = await searchHighest({
        from: 100,
        to: 1e6,
        precision: 0.05,
        probe: async (load) => {
          probes += 1;
          return load <= limit ? 'met' : 'missed';
        },
      });
      assert.ok(highestMet! <= limit && limit < lowestMissed!, `${limit}`);
      assert.ok(lowestMissed! - highestMet! <= Math.max(1, 0.05 * highestMet!), `${limit}`);
      assert.ok(probes <= 2 + Math.log2(limit / 100) + 5, `${limit}: ${probes}`);
    }
  });

  it('never goes beyond --to', async () => {
    const { report, loads } = await search({ rttMs: () => 1 }, { to: 350 });
    assert.deepEqual(loads, [100, 200, 350]);
    assert.equal(report.exitCode, 0);
    assert.equal(report.findMax?.limitedBy, 'to');
    assert.equal(report.findMax?.found, 350);
  });
});

describe('--find-max', () => {
  it('judges the hold alone, and says what met, what did not and by how much', async () => {
    const { report, loads } = await search({ rttMs: (clients) => clients / 20 }, { precision: 0.3 });
    assert.deepEqual(loads, [100, 200, 400, 300, 350]);
    const { found, probes, limitedBy } = report.findMax!;
    assert.deepEqual({ found, limitedBy, exitCode: report.exitCode }, { found: 350, limitedBy: 'bound', exitCode: 0 });
    assert.match(
      report.reason,
      /^350 connections is the highest load that met ws_msg_rtt p\(99\)<20; 400 connections did not: ws_msg_rtt p\(99\)=/u,
    );
    for (const { load, p50Ms, p99Ms, achieved } of probes) {
      assert.equal(achieved, load);
      assert.ok(Math.abs(p50Ms! - load / 20) < 0.05 && Math.abs(p99Ms! - load / 20) < 0.05, `${load}: ${p50Ms}, ${p99Ms}`);
    }
    const text = renderTerminal(report, { color: false, columns: 80 });
    assert.match(text, /FIND MAX connections until ws_msg_rtt p\(99\)<20/u);
    assert.match(text, /^ +350 +350 +17\.5 ms +17\.5 ms +0 +met +<- highest$/mu);
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  });

  it('fails with 99 when the first load already misses', async () => {
    const { report, loads } = await search({ rttMs: () => 50 });
    assert.deepEqual(loads, [100]);
    assert.equal(report.exitCode, 99);
    assert.match(report.reason, /^already 100 connections missed /u);
    assert.equal(report.findMax?.found, null);
  });

  it('tries a load again in which the generator was late, and ends as invalid when it is so again', async () => {
    const saturated = (report: Report): Report => ({
      ...report,
      verdict: 'invalid',
      exitCode: 111,
      reason: 'the generator was late by 9 ms at p(99), more than 5 ms',
      generator: { ...report.generator, saturated: true },
    });
    const once = await search({ rttMs: () => 1, change: (report, probe) => (probe === 2 ? saturated(report) : report) }, { to: 400 });
    assert.deepEqual(once.loads, [100, 200, 200, 400]);
    assert.equal(once.report.exitCode, 0);
    const always = await search({ rttMs: () => 1, change: (report, probe) => (probe >= 2 ? saturated(report) : report) });
    assert.deepEqual(always.loads, [100, 200, 200]);
    assert.equal(always.report.exitCode, 111);
    assert.match(
      always.report.reason,
      /^the generator itself is the limit at 200 connections \(the generator was late .*\); .* is 100 connections$/u,
    );
    assert.equal(always.report.findMax?.found, 100);
  });

  it('misses where the load is not there, whatever the percentiles say', async () => {
    const { report } = await search({ rttMs: () => 1, connected: (clients) => Math.min(clients, 250) }, { precision: 1 });
    assert.equal(report.findMax?.found, 200);
    assert.match(report.reason, /only 250 was reached$/u);
  });

  it('keeps what was found when it is interrupted, in a probe and between two', async () => {
    const within = await search({
      rttMs: () => 1,
      change: (report, probe) => (probe === 3 ? { ...report, verdict: 'interrupted', exitCode: 105, reason: 'ctrl-C after 2 s' } : report),
    });
    const between = await search({ rttMs: () => 1, wantsEnd: (probe) => probe === 2 });
    for (const { report } of [within, between]) {
      assert.equal(report.exitCode, 105);
      assert.equal(report.findMax?.found, 200);
      assert.equal(report.reason, 'the search was interrupted; the highest load that met it is 200 connections');
    }
  });

  it('ends as invalid where this machine cannot bear the next load, and throws when it is the first', async () => {
    const throws = (clients: number): Error | undefined =>
      clients > 200 ? new GwrkError('GWRK_LIMIT_PORTS', '400 clients need as many local ports') : undefined;
    const { report } = await search({ rttMs: () => 1, throws });
    assert.equal(report.exitCode, 111);
    assert.match(report.reason, /^this machine is the limit at 400 connections .*is 200 connections$/u);
    await assert.rejects(search({ rttMs: () => 1, throws }, { from: 400 }), { code: 'GWRK_LIMIT_PORTS' });
  });

  it('ends as invalid when a bound has no data', async () => {
    const bounds = [{ ...OPTIONS.bounds[0]!, metric: 'ws_ping' }];
    const { report } = await search({ rttMs: () => 1 }, { bounds });
    assert.equal(report.exitCode, 111);
    assert.match(report.reason, /ws_ping p\(99\)<20 has no data/u);
  });
});
