import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, START_US, type VirtualRun, type VirtualRunOptions } from './virtual-run.js';
import type { Script, VirtualServer } from './virtual-transport.js';

type Answer = (server: VirtualServer, row: number, request: string, atUs: number) => void;

/** A server that answers each request of HTTP; requests come in one piece on the virtual transport. */
function http(answer: Answer): Script & { readonly seen: { row: number; text: string; atUs: number }[] } {
  const seen: { row: number; text: string; atUs: number }[] = [];
  return {
    seen,
    onBytes(server, row, bytes) {
      const atUs = server.nowUs - START_US;
      seen.push({ row, text: bytes.toString(), atUs });
      answer(server, row, bytes.toString(), atUs);
    },
  };
}

const say = (server: VirtualServer, row: number, body: string, delayUs = 1000, status = '200 OK', more = ''): void =>
  server.sendRaw(row, Buffer.from(`HTTP/1.1 ${status}\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`), delayUs);

const TARGET = 'http://127.0.0.1:9/hello';
const run = (flow: string, script: Script, options: VirtualRunOptions = {}): Promise<VirtualRun> =>
  runVirtual(flow, script, { target: TARGET, ...options });

const flow = (clients: number, steps: string, duration = '10s'): string => `
executor: constant-clients
clients: ${clients}
duration: ${duration}
gracefulStop: 5s
flow:
${steps}`;

test('a closed loop keeps one request open on each connection, and times every one from its send', async () => {
  const script = http((server, row) => say(server, row, 'hello', 10_000));
  const done = await run(flow(3, '  - loop: { count: 5, steps: [{ http: { expect: { text: hello } } }] }'), script);
  assert.equal(script.seen.length, 15);
  assert.equal(script.seen[0]!.text, 'GET / HTTP/1.1\r\nhost: 127.0.0.1:9\r\n\r\n');
  assert.equal(done.transport.connects.length, 3);
  assert.equal(done.counter('http_reqs'), 15);
  assert.equal(done.counter('ledger_ok'), 15);
  assert.equal(done.ledgerGap(), 0);
  assert.deepEqual(done.errors(), {});
  // The first one of each client had to wait for its connection.
  assert.deepEqual(
    done.values('http_req_duration').map((us) => Math.round(us / 100)),
    [...new Array(12).fill(100), 101, 101, 101],
  );
});

test('a paced loop times each request from when it was meant, so that a stall of the server is not overlooked', async () => {
  const script = http((server, row, _text, atUs) => say(server, row, 'x', atUs >= 2_000_000 && atUs < 2_100_000 ? 1_000_000 : 1000));
  const done = await run(flow(1, '  - loop: { every: 100ms, steps: [{ http: {} }] }'), script);
  const slow = done
    .values('http_req_duration')
    .filter((us) => us > 50_000)
    .map((us) => Math.round(us / 1e5));
  assert.equal(done.counter('http_reqs'), 100);
  assert.deepEqual(slow, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  // It was the server that was late, and not the generator.
  assert.ok(done.trend('pacing_lag').max < 1000);
  assert.equal(done.counter('messages_planned'), 100);
  assert.equal(done.counter('messages_missed'), 0);
});

test('a connection that the server ends between requests is opened again, and nothing is lost', async () => {
  const script = http((server, row, text) => {
    if (text.includes('/a')) say(server, row, 'x', 1000, '200 OK', 'connection: close\r\n');
    else {
      say(server, row, 'x', 1000);
      server.end(row, 0, 50_000);
    }
  });
  const steps =
    '  - http: { path: /a }\n  - http: { path: /b }\n  - think: 1s\n  - http: { path: /c, keepalive: false }\n  - http: { path: /d }';
  const done = await run(flow(2, steps), script);
  assert.deepEqual(
    script.seen.filter(({ row }) => row === 0).map(({ text }) => text.slice(4, 6)),
    ['/a', '/b', '/c', '/d'],
  );
  assert.match(script.seen.find(({ text }) => text.includes('/c'))!.text, /\r\nconnection: close\r\n/);
  assert.equal(done.transport.connects.length, 8);
  assert.equal(done.counter('ledger_ok'), 8);
  assert.equal(done.counter('connections_lost'), 0);
  assert.equal(done.counter('sessions_ready'), 2);
  assert.deepEqual(done.errors(), {});
});

test('every way to fail counts once, with its code, and the client goes on', async () => {
  const script = http((server, row, text) => {
    if (text.includes('/500')) say(server, row, 'no', 1000, '500 Oops');
    else if (text.includes('/404')) say(server, row, 'no', 1000, '404 Not Found');
    else if (text.includes('/garbage')) server.sendRaw(row, Buffer.from('SSH-2.0-x\r\n'), 1000);
    else if (text.includes('/close')) server.end(row, 0, 1000);
    else if (text.includes('/reset')) server.end(row, 104, 1000);
    else if (text.includes('/wrong')) say(server, row, '{"ok":false}', 1000);
    else if (text.includes('/end')) {
      server.sendRaw(row, Buffer.from('HTTP/1.1 200 OK\r\n\r\nto the end'), 1000);
      server.end(row, 0, 2000);
    } else if (!text.includes('/silent')) say(server, row, 'fine', 1000);
  });
  const step = (path: string, rest = ''): string => `  - http: { path: ${path}${rest} }`;
  const steps = [
    step('/500'),
    step('/404', ', expect: { status: [200, 404] }'),
    step('/garbage'),
    step('/close'),
    step('/reset'),
    step('/wrong', ', expect: { json: { /ok: true } }'),
    step('/silent', ', expect: { within: 300ms }'),
    step('/end', ', expect: { text: to the end }'),
    step('/fine', ', expect: { contains: in }'),
  ].join('\n');
  const done = await run(flow(1, steps), script);
  assert.deepEqual(done.errors(), {
    'http.500': 1,
    'http.garbage': 1,
    'http.closed': 1,
    ECONNRESET: 1,
    'check.answer': 1,
    'timeout.http': 1,
  });
  assert.equal(script.seen.length, 9);
  assert.equal(done.counter('http_reqs'), 9);
  assert.equal(done.counter('http_reqs_failed'), 5);
  assert.deepEqual(
    ['ledger_sent', 'ledger_ok', 'ledger_fail', 'ledger_indeterminate'].map((name) => done.counter(name as 'ledger_ok')),
    [9, 3, 3, 3],
  );
  assert.equal(done.counter('checks_failed'), 6);
  assert.equal(done.trend('http_req_duration').count, 4);
  assert.equal(done.counter('connections_lost'), 0);
});

test('a redirect is followed on its own host as often as the step says, and nowhere else', async () => {
  const script = http((server, row, text) => {
    const to = (location: string, status = '302 Found'): void => say(server, row, '', 1000, status, `location: ${location}\r\n`);
    if (text.includes(' /one ')) to('/dir/two?x=1', '307 Temporary Redirect');
    else if (text.includes(' /dir/two')) to('three', '303 See Other');
    else if (text.includes(' /away ')) to('http://127.0.0.2:9/x');
    else if (text.includes(' /round ')) to('http://127.0.0.1:9/round', '301 Moved');
    else say(server, row, 'here', 1000);
  });
  const steps = `  - http: { method: POST, path: /one, text: a body, follow: 5, expect: { text: here } }
  - http: { path: /away, follow: 5 }
  - http: { path: /round, follow: 2 }
  - http: { path: /one }`;
  const done = await run(flow(1, steps), script);
  assert.deepEqual(
    script.seen.map(({ text }) => text.split(' HTTP')[0]),
    ['POST /one', 'POST /dir/two?x=1', 'GET /dir/three', 'GET /away', 'GET /round', 'GET /round', 'GET /round', 'GET /one'],
  );
  assert.match(script.seen[1]!.text, /a body$/);
  assert.ok(!script.seen[2]!.text.includes('content-'));
  assert.deepEqual(done.errors(), { 'http.redirect-elsewhere': 1, 'http.redirects': 1 });
  assert.equal(done.transport.connects.length, 1);
  assert.equal(done.ledgerGap(), 0);
});

test('what an answer captures stands in the next request', async () => {
  const script = http((server, row, text) => say(server, row, text.includes('/login') ? `{"token":"t ${row}"}` : 'ok', 1000));
  const steps = `  - http: { path: /login, json: { user: "u{{ client }}" }, capture: { token: { json: /token } } }
  - http: { path: "/me/{{ token }}", headers: { Authorization: "Bearer {{ token }}" } }`;
  const done = await run(flow(2, steps), script);
  assert.match(
    script.seen[0]!.text,
    /^POST \/login HTTP\/1.1\r\nhost: 127.0.0.1:9\r\ncontent-type: application\/json\r\ncontent-length: 13\r\n\r\n{"user":"u0"}$/,
  );
  assert.match(
    script.seen.find(({ text }) => text.includes('/me/'))!.text,
    /^GET \/me\/t%200 HTTP\/1.1\r\n.*authorization: Bearer t 0\r\n/s,
  );
  assert.deepEqual(done.errors(), {});
});

test('a server that cannot be reached fails the clients, each by one error', async () => {
  const done = await run(flow(4, '  - loop: { steps: [{ http: {} }] }'), { connectUs: () => -111, onBytes: () => {} });
  assert.deepEqual(done.errors(), { ECONNREFUSED: 4 });
  assert.equal(done.counter('sessions_failed'), 4);
});

test('when the time is up a request that is open may end, and one that never ends is cut', async () => {
  const script = http((server, row) => {
    if (row === 0) say(server, row, 'late', 12_000_000 - (server.nowUs - START_US));
  });
  const done = await run(flow(2, '  - loop: { steps: [{ http: { expect: { within: 60s } } }] }'), script);
  assert.equal(done.counter('ledger_ok'), 1);
  assert.equal(done.counter('ledger_indeterminate'), 1);
  assert.equal(done.ledgerGap(), 0);
  assert.deepEqual(done.errors(), { 'timeout.graceful-stop': 1 });
});

const WS_FLOW = (clients: number): string =>
  flow(
    clients,
    `  - http: { url: "http://127.0.0.1:8/login", json: { uid: "{{ client }}" }, capture: { token: { json: /token } } }
  - connect: { headers: { authorization: "{{ token }}" } }
  - send: { text: hi, expect: { text: hi } }
  - http: { url: "http://127.0.0.1:8/logout" }`,
    '1s',
  );

test('clients log in over a pool of connections beside the target, and connect with what they got', async () => {
  const clients = 200;
  const script = http((server, row, text) => say(server, row, `{"token":"for ${/"uid":(\d+)/.exec(text)?.[1]}"}`, 1000));
  const done = await runVirtual(
    WS_FLOW(clients),
    {
      onMessage: (server, row, message) => server.send(row, message.toString(), 100),
      poolFrom: clients,
      onBytesBeside: script.onBytes!,
    } as Script,
    { origins: ['http://127.0.0.1:8'] },
  );
  assert.deepEqual(done.errors(), {});
  assert.equal(script.seen.length, 2 * clients);
  const pooled = done.transport.connects.filter(({ row }) => row >= clients);
  assert.equal(pooled.length, 64);
  const logins = done.transport.connects.filter(({ row }) => row < clients).map(({ request }) => /authorization: (.*)\r/.exec(request)![1]);
  assert.deepEqual(new Set(logins), new Set(Array.from({ length: clients }, (_, client) => `for ${client}`)));
  assert.equal(done.counter('http_reqs'), 2 * clients);
  assert.equal(done.ledgerGap(), 0);
});

test('a pool whose server is silent, gone or slow costs each request its time, and never holds the run up', async () => {
  for (const answer of ['silent', 'end', 'refused'] as const) {
    const done = await runVirtual(
      WS_FLOW(100).replace('json: { uid', 'expect: { within: 200ms }, json: { uid'),
      {
        connectUs: (row: number) => (row >= 100 && answer === 'refused' ? -111 : 100),
        poolFrom: 100,
        onBytesBeside: (server: VirtualServer, row: number) => {
          if (answer === 'end') server.end(row, 0, 1000);
        },
      } as Script,
      { origins: ['http://127.0.0.1:8'] },
    );
    const { 'capture.unknown': _unknown, ...errors } = done.errors();
    assert.equal(
      errors[{ silent: 'timeout.http', end: 'http.closed', refused: 'ECONNREFUSED' }[answer]],
      100,
      JSON.stringify(done.errors()),
    );
    assert.equal(done.ledgerGap(), 0);
    assert.equal(done.counter('http_reqs_failed'), 100);
  }
});

test('what a slow server leaves no time for is held back by it, and not missed by the generator', async () => {
  // Each answer takes 200 ms, and the plan wants one every 50 ms.
  const script = http((server, row) => say(server, row, 'x', 200_000));
  const done = await run(flow(2, '  - loop: { every: 50ms, steps: [{ http: {} }] }', '4s'), script);
  assert.ok(done.counter('http_reqs') <= 2 * 21, `${done.counter('http_reqs')}`);
  assert.equal(done.counter('messages_missed'), 0);
  assert.equal(done.counter('messages_held') + done.counter('http_reqs'), done.counter('messages_planned'));
  assert.ok(Math.abs(done.counter('messages_planned') - 2 * 80) <= 2, `${done.counter('messages_planned')}`);
  assert.ok(done.trend('pacing_lag').max < 1_000);
});

test('when the generator itself stands still that is lag, whatever was held back behind it', async () => {
  const script = http((server, row) => say(server, row, 'x', 1_000));
  const done = await run(flow(1, '  - loop: { every: 100ms, steps: [{ http: {} }] }', '2s'), script, {
    prepare: (run) => run.transport.stall(START_US + 1_550_000, 600_000),
  });
  assert.ok(Math.abs(done.trend('pacing_lag').max - 550_000) < 1_000);
  assert.equal(done.counter('messages_held') + done.counter('messages_missed'), 3);
});
