import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Report } from '../../src/report/report.js';
import { probeUring } from '../../src/uring/probe.js';
import { gwrk } from './gwrk-process.js';

const transports = probeUring().available ? ['uring', 'node'] : ['node'];
const directory = mkdtempSync(join(tmpdir(), 'gwrk-accounts-'));
let server: WebSocketServer;
/** Messages that the server has read, by what it was asked to do with them. */
const read = new Map<string, number>();

/** Does what a message says: answers it, wrongly, never, after the end of the run, or cuts the connection off at the third. */
function obey(socket: WebSocket): void {
  let heard = 0;
  socket.on('message', (data) => {
    const wish = data.toString().split(' ')[0]!;
    read.set(wish, (read.get(wish) ?? 0) + 1);
    heard++;
    if (wish === 'echo') socket.send(data.toString());
    else if (wish === 'wrong') socket.send('no');
    else if (wish === 'late') setTimeout(() => socket.send(data.toString()), 30_000).unref();
    else if (wish === 'cut' && heard === 3) socket.terminate();
  });
}

before(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', obey);
  await once(server, 'listening');
});
after(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const scenario = (wish: string, clients: number, within: string): string => `
  ${wish}:
    executor: constant-clients
    clients: ${clients}
    duration: 1500ms
    gracefulStop: ${wish === 'late' ? '300ms' : '10s'}
    tags: { wish: ${wish}, kind: ${wish === 'echo' ? 'good' : 'bad'} }
    flow:
      - connect: {}
      - loop: { every: 50ms, steps: [ { send: { text: "${wish} {{ iteration }}", expect: { within: ${within}, text: "${wish} {{ iteration }}" } } } ] }`;

const counts = (report: Report, label: string): ((name: string) => number) => {
  const all = { ...report.metrics, ...report.tagged };
  return (name) => {
    const metric = all[name + label];
    return metric === undefined || metric.type === 'rate' || metric.type === 'gauge' ? 0 : metric.count;
  };
};

for (const transport of transports)
  test(`what is sent adds up over ${transport}, as a whole and in each scenario: done + errors + timeouts + unfinished`, async () => {
    read.clear();
    const file = join(directory, `${transport}.yaml`);
    writeFileSync(
      file,
      `name: accounts
target: ws://127.0.0.1:${(server.address() as AddressInfo).port}/
swarm: { threads: 2, transport: ${transport} }
scenarios:${scenario('echo', 4, '10s')}${scenario('wrong', 2, '10s')}${scenario('silent', 2, '200ms')}${scenario('late', 2, '10s')}${scenario('cut', 2, '10s')}
thresholds:
  ws_msg_failed{scenario:echo}: [{ threshold: "max<1", level: warn }]
  checks{kind:good}: ["rate==1"]
  checks{kind:bad}: ["rate<0.01"]
  messages_unfinished{wish:late}: ["count>0"]
`,
    );
    const { report, stderr, stdout } = await gwrk(['run', file]);
    assert.ok(report, stderr);
    const sums = new Map<string, number>();
    const labels = ['', ...['echo', 'wrong', 'silent', 'late', 'cut'].map((name) => `{scenario:${name}}`)];
    for (const label of labels) {
      const of = counts(report, label);
      const errors = of('ledger_fail') + of('messages_lost');
      assert.ok(of('ledger_sent') > 0, label);
      assert.equal(of('ledger_sent'), of('ledger_ok') + errors + of('messages_timed_out') + of('messages_unfinished'), label);
      assert.equal(of('ws_msg_rtt'), of('ledger_ok') + of('messages_timed_out') + of('messages_unfinished'), label);
      assert.equal(of('ws_msg_service'), of('ledger_ok'), label);
      assert.equal(of('ws_msg_failed'), errors, label);
      if (label !== '') for (const name of ['ledger_sent', 'ws_msg_rtt', 'errors']) sums.set(name, (sums.get(name) ?? 0) + of(name));
    }
    const whole = counts(report, '');
    for (const [name, sum] of sums) assert.equal(sum, whole(name), name);
    // Each kind of end belongs to its scenario alone; and the server has read what its scenario sent.
    for (const [name, wish] of Object.entries({
      ledger_ok: 'echo',
      ledger_fail: 'wrong',
      messages_timed_out: 'silent',
      messages_unfinished: 'late',
    }))
      assert.equal(
        counts(report, `{scenario:${wish}}`)(name),
        whole(name) - (name === 'messages_unfinished' ? counts(report, '{scenario:cut}')(name) : 0),
        name,
      );
    assert.equal(counts(report, '{scenario:echo}')('ledger_sent'), read.get('echo'));
    assert.equal(counts(report, '{scenario:silent}')('ledger_sent'), read.get('silent'));
    // A busy machine may send a fourth message before it sees that the connection has ended.
    assert.ok(counts(report, '{scenario:cut}')('messages_lost') >= 6);
    // Unfinished messages count with the time that they had: gracefulStop at least, since the last round was due before the end.
    const late = report.tagged!['ws_msg_rtt{scenario:late}'];
    assert.ok(late?.type === 'trend' && late.min >= 299 && late.max <= report.durationMs, JSON.stringify(late));
    assert.deepEqual(
      report.thresholds.map(({ metric, verdict }) => [metric, verdict]),
      [
        ['ws_msg_failed{scenario:echo}', 'no-data'],
        ['checks{kind:good}', 'pass'],
        ['checks{kind:bad}', 'pass'],
        ['messages_unfinished{wish:late}', 'pass'],
      ],
    );
    assert.match(stdout, /^ {4}\{scenario:late\} +\d/mu);
    assert.match(stdout, /timed out [\d,]+, lost [\d,]+, unfinished [\d,]+/u);
  });
