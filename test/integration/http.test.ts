import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { probeUring } from '../../src/uring/probe.js';
import { gwrk, repository } from './gwrk-process.js';

const transports = probeUring().available ? ['uring', 'node'] : ['node'];
const directory = mkdtempSync(join(tmpdir(), 'gwrk-http-'));
after(() => rmSync(directory, { recursive: true, force: true }));

async function serving<T>(answer: RequestListener, use: (port: number, server: Server) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return await use((server.address() as AddressInfo).port, server);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

for (const transport of transports) {
  test(`an http:// target is loaded by the quick command line over ${transport}: every request answered once, on one connection a client`, async () => {
    let [requests, connections] = [0, 0];
    await serving(
      (_request, response) => {
        requests++;
        response.end('hello');
      },
      async (port, server) => {
        server.on('connection', () => connections++);
        const { code, stderr, report } = await gwrk([
          'run',
          `http://127.0.0.1:${port}/a`,
          '-c',
          '16',
          '-n',
          '800',
          '-t',
          '1',
          '--transport',
          transport,
        ]);
        assert.equal(code, 0, stderr);
        assert.deepEqual(report?.errors, []);
        assert.equal(requests, 800);
        assert.equal(connections, 16);
        assert.equal(report.ledger.ok, 800);
        assert.equal(report.metrics.http_reqs?.type === 'counter' && report.metrics.http_reqs.count, 800);
        assert.equal(report.metrics.http_req_duration?.type === 'trend' && report.metrics.http_req_duration.count, 800);
        assert.equal(report.metrics.http_req_failed?.type === 'rate' && report.metrics.http_req_failed.rate, 0);
      },
    );
  });

  test(`without keep-alive each request over ${transport} has a connection of its own, with body and headers`, async () => {
    const seen: string[] = [];
    let connections = 0;
    await serving(
      async (request, response) => {
        seen.push(`${request.method} ${request.headers['x-a']} ${await bodyOf(request)}`);
        response.statusCode = seen.length <= 10 ? 503 : 200;
        response.end();
      },
      async (port, server) => {
        server.on('connection', () => connections++);
        const flags = ['-c', '5', '-n', '50', '-b', 'n{{ iteration }}', '-H', 'x-a: b', '--no-keepalive', '--transport', transport];
        const { stderr, report } = await gwrk(['run', `http://127.0.0.1:${port}/`, ...flags]);
        assert.equal(seen.length, 50, stderr);
        assert.equal(connections, 50);
        assert.ok(seen.includes('POST b n9'));
        assert.deepEqual(
          report?.errors.map(({ code, count }) => [code, count]),
          [['http.503', 10]],
        );
        assert.equal(report.clients.lost, 0);
      },
    );
  });

  test(`clients log in over HTTP and connect to a WebSocket server with the token they got, over ${transport}`, async () => {
    const players = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const tokens = new Set<string>();
    players.on('connection', (socket, request) => {
      tokens.add(String(request.headers.authorization));
      socket.on('message', (data) => socket.send(String(data)));
    });
    try {
      await serving(
        async (request, response) =>
          response.end(JSON.stringify({ token: `for-${(JSON.parse(await bodyOf(request)) as { user: string }).user}` })),
        async (port) => {
          const target = `target=ws://127.0.0.1:${(players.address() as AddressInfo).port}/`;
          const values = ['-e', `LOGIN=http://127.0.0.1:${port}`, '-e', 'CLIENTS=150', '-e', 'HOLD=3s'];
          const { code, stderr, report } = await gwrk([
            'run',
            'scenarios/http-login.yaml',
            '--set',
            target,
            ...values,
            '--no-thresholds',
            '--transport',
            transport,
          ]);
          assert.ok(code === 0 || code === 111, stderr); // 111: this machine was too busy to keep the plan's time
          assert.deepEqual(report?.errors, []);
          assert.deepEqual(tokens, new Set(Array.from({ length: 150 }, (_, client) => `Bearer for-player-${client}`)));
          const { http_reqs: logins } = report.metrics;
          assert.equal(logins?.type === 'counter' && logins.count, 150);
          assert.equal(report.ledger.ok, report.ledger.sent);
          assert.ok(report.ledger.ok >= 300);
        },
      );
    } finally {
      players.close();
    }
  });
}

test('an https:// target is loaded over sockets of Node, and a certificate that nobody vouches for is refused', async () => {
  const pem = (name: string): string => join(repository, `test/net/fixtures/localhost.${name}.pem`);
  const server = createSecureServer({ cert: readFileSync(pem('cert')), key: readFileSync(pem('key')) }, (_request, response) =>
    response.end('hi'),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const run = ['run', `https://localhost:${(server.address() as AddressInfo).port}/`, '-c', '2', '-n', '20'];
    const good = await gwrk([...run, '--cacert', pem('cert')]);
    assert.deepEqual(good.report?.errors, [], good.stderr);
    assert.equal(good.report.transport, 'node');
    assert.equal(good.report.ledger.ok, 20);
    const bad = await gwrk(run);
    assert.equal(bad.report?.ledger.ok, 0);
    assert.equal(bad.code, 111);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a server beside the target is judged like the target itself, whatever was typed', async () => {
  const file = join(directory, 'away.yaml');
  for (const [host, why] of [
    ['http://192.0.2.1', /only in a scenario file/u],
    ['http://169.254.169.254', /metadata/u],
  ] as const) {
    writeFileSync(
      file,
      `name: away
target: http://127.0.0.1:9/
scenarios:
  p: { executor: constant-clients, clients: 1, duration: 1s, flow: [{ http: { url: "${host}/x" } }] }
`,
    );
    const { code, stderr } = await gwrk(['run', file, '--set', 'target=http://127.0.0.1:9/']);
    assert.equal(code, 104, stderr);
    assert.match(stderr, why);
  }
});

test('what does not go with an http:// target, and a request without a place, is refused with its line', async () => {
  const file = join(directory, 'wrong.yaml');
  const write = (target: string, flow: string): void =>
    writeFileSync(
      file,
      `name: w\ntarget: ${target}\nscenarios:\n  p:\n    executor: constant-clients\n    clients: 1\n    duration: 1s\n    flow:\n${flow}`,
    );
  write('http://127.0.0.1:9/', '      - connect: {}\n      - http: { pth: / }\n      - http: { path: /a, url: "http://{{ client }}/" }\n');
  const first = await gwrk(['run', file]);
  assert.equal(first.code, 104);
  for (const words of [
    /connect does not go with http/u,
    /did you mean path\?/u,
    /host is known before the start/u,
    /url has a path already/u,
  ])
    assert.match(first.stderr, words);
  write('ws://127.0.0.1:9/', '      - http: { path: / }\n');
  const second = await gwrk(['run', file]);
  assert.match(second.stderr, /url is missing/u);
  assert.match(second.stderr, /never connects/u);
});
