import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { gwrk } from './gwrk-process.js';

/** A secret for each way into gwrk. The letters make each encoding of it different from the text itself. */
const canaries = new Map<string, string>();
const canary = (input: string): string => {
  const known = canaries.get(input) ?? `Kanari~${String(canaries.size + 10)}~Z9q`;
  canaries.set(input, known);
  return known;
};

const directory = mkdtempSync(join(tmpdir(), 'gwrk-secrets-'));
/** All that the server got to see, so that it is sure that the canaries were used. */
let seen = '';
let http: Server;
let port: number;

before(async () => {
  http = createServer((request, response) => {
    seen += `${request.url} ${JSON.stringify(request.headers)}`;
    request.on('data', (chunk) => {
      seen += String(chunk);
    });
    // A naive server repeats what it was given.
    request.on('end', () => response.writeHead(403).end(JSON.stringify({ error: `no entrance, ${canary('login secret')}` })));
  });
  new WebSocketServer({ server: http }).on('connection', (socket, request) => {
    seen += `${request.url} ${JSON.stringify(request.headers)}`;
    socket.on('message', (data) => {
      seen += String(data);
      socket.send(JSON.stringify({ token: canary('captured answer'), id: 1 }));
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  port = (http.address() as AddressInfo).port;
});
after(() => {
  http.closeAllConnections();
  http.close();
  rmSync(directory, { recursive: true, force: true });
});

function scenario(): string {
  writeFileSync(join(directory, 'payload.bin'), canary('payload file'));
  writeFileSync(join(directory, 'users.csv'), `name,token\nanna,${canary('feeder row')}\n`);
  const file = join(directory, 'secrets.yaml');
  writeFileSync(
    file,
    `
name: secrets
target: "ws://127.0.0.1:${port}/game?token=${canary('query of the target')}"
variables: { PASSWORD: ${canary('variable')}, FROM_FLAG: default }
feeders:
  users: { file: users.csv, order: sequential }
scenarios:
  players:
    executor: constant-clients
    clients: 2
    duration: 3s
    env: { INNER: ${canary('env of a scenario')} }
    flow:
      - connect:
          path: "/room?key=${canary('path of a step')}"
          subprotocol: "${canary('subprotocol')}"
          headers:
            Authorization: "Bearer ${canary('header')}"
            Cookie: "session=${canary('cookie')}"
            X-Env: "{{ env.TOKEN }} {{ FROM_FLAG }} {{ PASSWORD }} {{ env.INNER }}"
      - send: { text: "${canary('text')}", expect: { within: 20s }, capture: { ANSWER: { json: /token } } }
      - send: { json: { password: "${canary('json')}", row: "{{ users.token }}", again: "{{ ANSWER }}" }, expect: { within: 20s } }
      - send: { hex: "${Buffer.from(canary('hex')).toString('hex')}", expect: { within: 20s } }
      - send: { base64: "${Buffer.from(canary('base64')).toString('base64')}", expect: { within: 20s } }
      - send: { file: payload.bin, expect: { within: 20s, contains: "${canary('expectation')}" } }
  visitors:
    executor: constant-clients
    clients: 1
    duration: 3s
    flow: [ { connect: {} }, { disconnect: {} } ]
  guests:
    executor: constant-clients
    clients: 1
    duration: 3s
    flow:
      - login: { uid: guest, proof: ticket, secret: "${canary('login secret')}", timeout: 20s }
      - connect: {}
      - auth: {}
      - disconnect: {}
`,
  );
  return file;
}

/** The same file with a target that needs consent. */
function publicTarget(): string {
  const file = join(directory, 'abroad.yaml');
  writeFileSync(file, readFileSync(join(directory, 'secrets.yaml'), 'utf8').replace(/ws:\/\/127\.0\.0\.1:\d+/u, 'ws://203.0.113.7:9'));
  return file;
}

/** The forms in which a text may hide in a file. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  // In the middle of other bytes base64 begins at one of three places; its first and last letters depend on the neighbours.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [text, encodeURIComponent(text).replaceAll('~', '%7e'), percent, bytes.toString('hex'), ...base64].map((form) =>
    form.toLowerCase(),
  );
}

/** Which canaries stand in which of the outputs, in any form. */
function leaks(outputs: ReadonlyMap<string, string>): string[] {
  return [...outputs].flatMap(([output, text]) => {
    const lower = text.toLowerCase();
    return [...canaries].flatMap(([input, value]) =>
      formsOf(value).some((form) => lower.includes(form)) ? [`${input}: in ${output}`] : [],
    );
  });
}

function filesBelow(path: string): [string, string][] {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, path: parent, name }) => [name, readFileSync(join(parentPath ?? parent, name), 'latin1')]);
}

test('secrets that go in by any way come out by none: not in a report, a log, a summary or a plan', async () => {
  const out = join(directory, 'out');
  const env = { GWRK_ADMIN_TOKEN: canary('admin token'), AWS_SECRET_ACCESS_KEY: canary('environment of the shell') };
  const flags = [
    ...['-e', `TOKEN=${canary('-e used by a step')}`, '-e', `FROM_FLAG=${canary('-e for a variable')}`],
    ...['--admin-url', `http://127.0.0.1:${port}`, '--login-url', `http://127.0.0.1:${port}`, '--slow-ops', '1us'],
    ...['--json', join(directory, 'out', 'again.json'), '--markdown', join(directory, 'out', 'again.md')],
  ];
  const file = scenario();
  const dry = await gwrk(['run', file, ...flags, '--dry-run'], { env });
  assert.equal(dry.code, 0, dry.stderr);
  const { stdout, stderr } = await gwrk(['run', file, ...flags, '--out', out], { env });
  const quickFlags = ['-c', '1', '-n', '2', '-b', canary('-b'), '-H', `Authorization: ${canary('-H')}`, '--timeout', '20s'];
  const quick = await gwrk(['run', `ws://127.0.0.1:${port}/?t=${canary('typed query')}`, ...quickFlags, '--out', out], { env });
  const refused = await gwrk(['run', publicTarget(), '-e', 'TOKEN=x', '--out', out], { env });
  assert.match(refused.stderr, /GWRK_TARGET_NOT_ALLOWED/u);
  const validated = await gwrk(['validate', file], { env });
  const outputs = new Map([
    ...filesBelow(out),
    ...Object.entries({
      stdout: stdout,
      stderr: stderr,
      'dry-run': dry.stdout + dry.stderr,
      quick: quick.stdout + quick.stderr,
      refused: refused.stdout + refused.stderr,
      validate: validated.stdout + validated.stderr,
    }),
  ]);
  assert.ok(
    [...outputs.keys()].filter((name) => name === 'slow-ops.jsonl' || name === 'report.json').length === 2,
    [...outputs.keys()].join(),
  );
  assert.ok(canaries.size >= 20, String(canaries.size));
  assert.deepEqual(leaks(outputs), [], stderr);
  const unused = ['expectation', 'environment of the shell'];
  const notSent = [...canaries].filter(([input, value]) => !unused.includes(input) && !seen.includes(value)).map(([input]) => input);
  assert.deepEqual(notSent, [], 'each canary was really used');
});

test('the search finds a canary in each of its forms', () => {
  const value = canary('header');
  const bytes = Buffer.from(`x${value}y`);
  for (const text of [
    value,
    `a ${value} b`,
    bytes.toString('base64'),
    bytes.toString('hex').toUpperCase(),
    `%4b${value.slice(1).replaceAll('~', '%7E')}`,
  ])
    assert.ok(leaks(new Map([['output', text.replace('%4b', 'K')]])).includes('header: in output'), text);
});
