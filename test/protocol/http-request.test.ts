import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { RequestTemplate, type RequestTemplateOptions } from '../../src/protocol/http-request.js';
import { HttpResponseReader } from '../../src/protocol/http-response-reader.js';

interface Values {
  readonly text: string;
}

const value = ({ text }: Values, out: Uint8Array, at: number): number => {
  const bytes = Buffer.from(text);
  out.set(bytes, at);
  return at + bytes.length;
};

const written = (options: Partial<RequestTemplateOptions<Values>>, text = ''): string => {
  const template = new RequestTemplate<Values>({ method: 'GET', host: 'a.test', path: ['/'], headers: [], maxBytes: 200, ...options });
  const out = new Uint8Array(template.maxBytes + 5);
  return Buffer.from(out.subarray(5, template.write({ text }, out, 5))).toString();
};

test('a request is written as RFC 9112 has it', () => {
  assert.equal(written({}), 'GET / HTTP/1.1\r\nhost: a.test\r\n\r\n');
  const body = new Uint8Array(Buffer.from('{"a":1}'));
  assert.equal(
    written({ method: 'POST', path: ['/login?a=', value], headers: [{ name: 'x-a', value: ['b', value] }], body }, 'v'),
    'POST /login?a=v HTTP/1.1\r\nhost: a.test\r\nx-a: bv\r\ncontent-length: 7\r\n\r\n{"a":1}',
  );
  assert.equal(written({ method: 'POST', body: value }, 'ü'), 'POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 2\r\n\r\nü');
  assert.match(written({ method: 'POST', body: value }, 'x'.repeat(105)), /content-length: 105\r\n\r\nx{105}$/);
});

test('no value can end a line of a request or begin another', () => {
  const nasty = 'a b\r\nX-Evil: 1\r\n\r\nGET /second #ü"<>';
  const text = written({ path: ['/', value], headers: [{ name: 'x-a', value: [value] }] }, nasty);
  assert.equal(text.split('\r\n').length, 5);
  assert.ok(text.startsWith(`GET /${encodeURI(nasty).replace('#', '%23')} HTTP/1.1\r\n`), text);
});

test('a server of node:http and ours understand one another, on one connection, request after request', async () => {
  const seen: { method: string; url: string; header: unknown; body: string }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method!, url: request.url!, header: request.headers['x-a'], body });
    if (request.url === '/chunked') {
      response.write('one,');
      setImmediate(() => response.end('two'));
    } else if (request.url === '/empty') response.writeHead(204).end();
    else if (request.url === '/last') response.writeHead(500, { connection: 'close' }).end('bye');
    else response.end(`${request.method} ${body}`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const socket: Socket = connect(port, '127.0.0.1');
  const answers: string[] = [];
  let answered = (): void => {};
  const reader = new HttpResponseReader(1, {
    onResponse: (_row, status, bytes, start, end, bodyBytes, mayStay) => {
      answers.push(`${status} ${Buffer.from(bytes.subarray(start, end)).toString()} ${bodyBytes} ${mayStay}`);
      answered();
    },
    onGarbage: (_row, reason) => {
      answers.push(reason);
      answered();
    },
  });
  socket.on('data', (chunk) => reader.push(0, chunk, 0, chunk.length));
  const ask = async (method: string, path: string, body?: string): Promise<void> => {
    const template = new RequestTemplate<Values>({
      method,
      host: `127.0.0.1:${port}`,
      path: [path],
      headers: [{ name: 'x-a', value: [value] }],
      maxBytes: 500,
      ...(body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)) }),
    });
    const out = new Uint8Array(template.maxBytes);
    reader.expect(0, template.isHead, 100);
    const done = new Promise<void>((resolve) => (answered = resolve));
    socket.write(out.subarray(0, template.write({ text: 'here' }, out, 0)));
    await done;
  };
  try {
    await ask('GET', '/');
    await ask('HEAD', '/');
    await ask('POST', '/a?b=c', 'some text');
    await ask('GET', '/chunked');
    await ask('DELETE', '/empty');
    await ask('GET', '/last');
    assert.deepEqual(answers, [
      '200 GET  4 true',
      '200  0 true',
      '200 POST some text 14 true',
      '200 one,two 7 true',
      '204  0 true',
      '500 bye 3 false',
    ]);
    assert.deepEqual(seen[2], { method: 'POST', url: '/a?b=c', header: 'here', body: 'some text' });
    assert.equal(seen.length, 6);
  } finally {
    socket.destroy();
    server.close();
  }
});
