import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    `name: driven\ntarget: ${target()}\nscenarios:\n  players: { executor: per-client-iterations, clients: ${clients}, iterations: 3, maxDuration: 20s, driver: "${driver}", flow: [ { connect: {} } ] }\n`,
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
