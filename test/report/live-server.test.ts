import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { get, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { LiveFigures } from '../../src/report/live-figures.js';
import { type LivePage, openLivePage } from '../../src/report/live-server.js';

const figures = (second: number): LiveFigures => ({
  name: '</script><img src=x onerror=alert(1)>',
  elapsedMs: second * 1000,
  durationMs: 10_000,
  clients: { planned: 5, connecting: 1, open: 4, ready: 3, failed: 0, lost: 0 },
  perSecond: { ready: 3, sent: 7, received: 7 },
  trends: [],
  lag: null,
  messagesMissed: 0,
  timeouts: 0,
  checksFailed: 0,
  errors: [],
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function ask(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method, agent: false }, async (response) => {
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += chunk;
      resolve({ status: response.statusCode!, headers: response.headers, body });
    })
      .once('error', reject)
      .end();
  });
}

describe('the page of --live', () => {
  let page: LivePage;
  before(async () => {
    page = await openLivePage(0);
  });
  after(() => page.end());

  it('is one answer that needs nothing else, under a policy that lets only its own script run', async () => {
    const { status, headers, body } = await ask(page.url);
    assert.equal(status, 200);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[^ ]+'; style-src 'sha256-[^ ]+'; connect-src 'self';/u);
    const inline = (tag: string): string => new RegExp(`<${tag}>(.*)</${tag}>`, 'su').exec(body)![1]!;
    for (const tag of ['script', 'style'])
      assert.ok(policy.includes(`'sha256-${createHash('sha256').update(inline(tag)).digest('base64')}'`), `${tag} is not the one allowed`);
    assert.doesNotMatch(body, /(?:src|href|action)\s*=|url\(|@import|https?:|\son\w+=|style=/u);
    assert.doesNotMatch(body, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval/u);
    assert.match(body, /prefers-color-scheme: dark/u);
    assert.match(body, /name="viewport"/u);
  });

  it('is only for its own host: a foreign name that points here, and a foreign page, are refused', async () => {
    const { port } = new URL(page.url);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`, `127.0.0.1:1${port}`])
      for (const path of ['', 'events']) assert.equal((await ask(page.url + path, { host })).status, 403, host);
    assert.equal((await ask(page.url, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await ask(page.url, { host: `localhost:${port}` })).status, 200);
    assert.equal((await ask(page.url, { origin: `http://127.0.0.1:${port}` })).status, 200);
  });

  it('can only be read, and has nothing else', async () => {
    assert.equal((await ask(page.url, {}, 'POST')).status, 405);
    assert.equal((await ask(`${page.url}../etc/passwd`)).status, 404);
    assert.equal((await ask(page.url, {}, 'HEAD')).body, '');
  });
});

it('the page of --live is told of each second, of those before it came, and of the end', async () => {
  const page = await openLivePage(0);
  page.update(figures(1));
  const response = await new Promise<IncomingMessage>((resolve) => get(`${page.url}events`, { agent: false }, resolve));
  assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8');
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.includes('"elapsedMs":1000') && !text.includes('"elapsedMs":2000')) page.update(figures(2));
    else if (text.includes('"elapsedMs":2000')) void page.end({ verdict: 'pass', reason: 'all is well' });
  });
  await new Promise((resolve) => response.once('end', resolve));
  const events = [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gmu)].map((match) => [match[1], JSON.parse(match[2]!)]);
  assert.deepEqual(events, [
    ['history', [figures(1)]],
    ['figures', figures(2)],
    ['end', { verdict: 'pass', reason: 'all is well' }],
  ]);
  await assert.rejects(ask(page.url), /ECONNREFUSED/u);
});

it('a port that is taken is an error before the run', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  await assert.rejects(openLivePage(port), { code: 'GWRK_USAGE', message: `port ${port} of --live is taken` });
  await new Promise((resolve) => taken.close(resolve));
});
