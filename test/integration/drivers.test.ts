import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { countOf, transports } from '../foreign/foreign-run.js';
import { type GwrkResult, gwrk } from './gwrk-process.js';

let echo: WebSocketServer;
const directory = mkdtempSync(join(tmpdir(), 'gwrk-drivers-'));

before(async () => {
  echo = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  echo.on('connection', (socket: WebSocket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  await once(echo, 'listening');
});
after(() => {
  for (const socket of echo.clients) socket.terminate();
  echo.close();
  rmSync(directory, { recursive: true, force: true });
});

const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const target = (): string => `ws://127.0.0.1:${(echo.address() as AddressInfo).port}/`;

/** A scenario of this driver; it stays three rounds a client. */
const scenario = (driver: string, clients = 5): string =>
  write(
    'driven.yaml',
    `name: driven\ntarget: ${target()}\nscenarios:\n  players: { executor: per-client-iterations, clients: ${clients}, iterations: 3, maxDuration: 60s, driver: "${driver}", flow: [ { connect: {} } ] }\n`,
  );
const run = (driver: string, ...flags: readonly string[]): Promise<GwrkResult> => gwrk(['run', scenario(driver), ...flags]);

write('step.ts', 'export interface Step { readonly by: number }\nexport const next = (from: number, { by }: Step): number => from + by;\n');
write(
  'counting.ts',
  `import type { Driver } from 'gwrk/driver';
import { next, type Step } from './step.ts';

const step: Step = { by: 2 };
let heard: Uint8Array = new Uint8Array(0);
const bytes = new Uint8Array(1);

export default {
  setup({ clients }): void { heard = new Uint8Array(clients); },
  onOpen(client, api): void { heard[client] = 0; api.send(client, bytes, 0, 1); },
  onMessage(client, data, start, end, api): void {
    heard[client] = next(heard[client]!, step);
    api.count('checks_passed');
    if (heard[client] === 8) api.close(client); else api.send(client, data, start, end);
  },
} satisfies Driver;
`,
);

for (const { transport, skip } of transports) {
  test(`a driver in TypeScript runs over ${transport} as it stands, with what it imports`, { skip }, async () => {
    const { report, stderr } = await run('./counting.ts', '--transport', transport);
    assert.ok(report, stderr);
    assert.deepEqual(report.errors, []);
    assert.equal(countOf(report, 'checks_passed'), 5 * 3 * 4);
    assert.equal(countOf(report, 'ws_msgs_sent'), 5 * 3 * 4);
    assert.match(stderr, /driver: .*counting\.ts runs code for scenario players/u);
  });

  test(`a driver that throws ends the run with 107 over ${transport}, at the place in its own file, and the results are written`, {
    skip,
  }, async () => {
    write(
      'throws.ts',
      `import type { Driver } from 'gwrk/driver';
interface Room {
  readonly players: number;
}
const one = new Uint8Array(1);
const rooms: Room[] = [];
export default {
  onOpen: (client, api) => void api.send(client, one, 0, 1),
  onMessage(client): void {
    const { players }: Room = rooms[client] as Room;
    console.log(players);
  },
} satisfies Driver;
`,
    );
    const { code, reason, report, stderr } = await run('./throws.ts', '--transport', transport);
    assert.equal(code, 107, stderr);
    const place = new RegExp(`${join(directory, 'throws.ts').replaceAll('.', '\\.')}:10:1[0-9]: onMessage: TypeError: `, 'u');
    assert.match(reason, /^exit 107: the driver threw: /u);
    assert.match(reason, place);
    const told = report?.errors.find((error) => error.code === 'GWRK_DRIVER_THREW');
    assert.match(told?.first ?? '', place);
    assert.equal(report?.exitCode, 107);
    assert.ok(countOf(report!, 'ws_msgs_sent') > 0);
  });
}

write(
  'measuring.ts',
  `import type { Driver } from 'gwrk/driver';
let ids: Readonly<Record<string, number>> = {};
const one = new Uint8Array(1);
export default {
  metrics: { shots: 'counter', aim: 'trend', unused: 'trend' },
  setup({ metrics }): void { ids = metrics; },
  onOpen(client, api): void { api.send(client, one, 0, 1); },
  onMessage(client, _data, _start, _end, api): void {
    api.count(ids.shots!, 2);
    api.record(ids.aim!, 2500);
    api.close(client);
  },
} satisfies Driver;
`,
);
const judged = (thresholds: string): string => {
  const path = scenario('./measuring.ts');
  appendFileSync(path, `thresholds: { ${thresholds} }\n`);
  return path;
};

test("a driver's own metrics stand in the summary and in report.json, and thresholds judge them", async () => {
  const { code, stdout, stderr, report } = await gwrk(['run', judged('aim: ["p(99)<3", "max<2"], shots: ["count==30"]'), '-t', '2']);
  assert.ok(report, stderr);
  assert.equal(code, 99, stderr);
  assert.equal(countOf(report, 'shots'), 5 * 3 * 2);
  const { aim } = report.metrics;
  assert.ok(aim?.type === 'trend');
  assert.deepEqual([aim.count, aim.min, aim.max], [15, 2.5, 2.5]);
  assert.equal(report.metrics.unused, undefined);
  assert.deepEqual(
    report.thresholds.map(({ expression, verdict, actual }) => [expression, verdict, actual]),
    [
      ['p(99)<3', 'pass', 2.5],
      ['max<2', 'fail', 2.5],
      ['count==30', 'pass', 30],
    ],
  );
  assert.ok(report.histograms.aim);
  assert.match(stdout, /^\s*aim\s+15 /mu);
  assert.match(stdout, /^\s*shots\s+30 /mu);
});

for (const [rule, why] of [
  ['ami: ["p(99)<3"]', /there is no metric "ami"[\s\S]*aim/u],
  ['shots: ["p(99)<3"]', /shots is a counter, it has no p/u],
  ['aim: ["p99<3"]', /this is no way to sum up a metric/u],
] as const)
  test(`a threshold ${rule} is refused before anything starts`, async () => {
    const { code, stderr, report } = await gwrk(['run', judged(rule)]);
    assert.equal(code, 104, stderr);
    assert.match(stderr, why);
    assert.equal(report, undefined);
  });

for (const [declared, why] of [
  ["{ 'ws_msg_rtt': 'trend' }", /ws_msg_rtt is a metric of gwrk itself/u],
  ["{ Shots: 'counter' }", /a metric cannot be called "Shots"/u],
  ["{ shots: 'gauge' }", /the metric shots is "gauge", it can be 'trend' or 'counter'/u],
  ['7', /these are no metrics/u],
] as const)
  test(`metrics: ${declared} in a driver is refused with a reason`, async () => {
    write('declares.mjs', `export default { metrics: ${declared}, onOpen() {}, onMessage() {} };`);
    const { code, stderr } = await run('./declares.mjs');
    assert.equal(code, 104, stderr);
    assert.match(stderr, why);
  });

const REFUSED: readonly [what: string, text: string, place: string, message: RegExp, hint?: RegExp][] = [
  [
    'an enum',
    'export const one = 1;\n  enum Kind { A }\nexport default {};\n',
    ':2:3',
    /enum is not supported in strip-only mode/u,
    /a const object for an enum/u,
  ],
  ['a mistake in writing', 'export default {\n  onOpen: ;\n};\n', ':2:11', /SyntaxError: Expression expected/u],
  ['a throw while it is loaded', "const room: number = 1;\nif (room) throw new Error('closed');\n", ':2:17', /Error: closed/u],
];
for (const [what, text, place, message, hint = /docs\/drivers\.md/u] of REFUSED)
  test(`${what} in a driver is told with file, line, column and hint, and nothing is started`, async () => {
    write('refused.ts', text);
    const { code, stderr, report } = await run('./refused.ts');
    assert.equal(code, 104, stderr);
    assert.equal(report, undefined);
    assert.ok(stderr.includes(`${join(directory, 'refused.ts')}${place}: `), stderr);
    assert.match(stderr, message);
    assert.match(stderr, hint);
    assert.match(stderr, /GWRK_DRIVER_INVALID/u);
  });

test('a driver is a module beside the scenario or below the working directory, wherever links lead', async () => {
  const inner = join(directory, 'inner');
  mkdirSync(inner);
  const path = join(inner, 'inner.yaml');
  symlinkSync(join(directory, 'counting.ts'), join(inner, 'link.ts'));
  writeFileSync(join(inner, 'folder.ts'), '');
  for (const [driver, why] of [
    ['../counting.ts', /may not run this file/u],
    ['./link.ts', /may not run this file/u],
    ['/etc/hostname', /this file is no module/u],
    ['./nowhere.ts', /there is no such file/u],
  ] as const) {
    writeFileSync(
      path,
      `name: inner\ntarget: ${target()}\nscenarios: { s: { executor: constant-clients, clients: 1, duration: 1s, driver: "${driver}", flow: [ connect: {} ] } }\n`,
    );
    const { code, stderr } = await gwrk(['run', path]);
    assert.equal(code, 104, `${driver}: ${stderr}`);
    assert.match(stderr, why);
  }
});
