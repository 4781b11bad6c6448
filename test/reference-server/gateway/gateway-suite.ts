import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  COUNT_CLOSED,
  COUNT_FAULTS,
  COUNT_LAST_CLOSE_CODE,
  COUNT_MOST_BUFFERED,
  COUNT_OPEN_NOW,
  COUNT_OPENED,
} from './commanding-worker.js';
import { type Client, clientFrame, closeCodeIn, eventually, GatewayUnderTest, upgradeRequest } from './gateway-under-test.js';

const TEXT = 0x81;
const BINARY = 0x82;

/** What every gateway must do; each implementation runs it in a test file of its own. */
export function testGateway(kind: 'ws' | 'uring'): void {
  describe(`the ${kind} gateway`, () => {
    let gateway: GatewayUnderTest;
    let unavailable: string | undefined;

    before(async () => {
      const started = await GatewayUnderTest.start(kind, { capacity: 64 });
      if (typeof started === 'string') unavailable = started;
      else gateway = started;
    });
    after(() => gateway?.stop());

    const check = (name: string, body: () => Promise<void>): void => {
      it(name, async (t) => {
        if (unavailable !== undefined) t.skip(unavailable);
        else await body();
      });
    };

    const refusals: [string, string, RegExp][] = [
      ['another path', upgradeRequest({}, 'GET /other HTTP/1.1'), /^HTTP\/1\.1 404 /],
      ['another method', upgradeRequest({ 'Content-Length': '0' }, 'POST /v1/ws HTTP/1.1'), /^HTTP\/1\.1 405 /],
      ['no upgrade at all', upgradeRequest({ Upgrade: undefined, Connection: undefined }), /^HTTP\/1\.1 426 /],
      [
        'another version of the protocol',
        upgradeRequest({ 'Sec-WebSocket-Version': '8' }),
        /^HTTP\/1\.1 426 [\s\S]*Sec-WebSocket-Version: 13/i,
      ],
      ['no key', upgradeRequest({ 'Sec-WebSocket-Key': undefined }), /^HTTP\/1\.1 400 /],
      ['a key that is not 16 bytes in base64', upgradeRequest({ 'Sec-WebSocket-Key': 'short' }), /^HTTP\/1\.1 400 /],
      ['HTTP/1.0', upgradeRequest({}, 'GET /v1/ws HTTP/1.0'), /^HTTP\/1\.1 505 /],
      ['no host', upgradeRequest({ Host: undefined }), /^HTTP\/1\.1 400 /],
      ['two hosts', upgradeRequest().replace('Host: ', 'Host: other.example\r\nHost: '), /^HTTP\/1\.1 400 /],
      ['a body', `${upgradeRequest({ 'Content-Length': '1' })}x`, /^HTTP\/1\.1 400 /],
      ['a body in chunks', `${upgradeRequest({ 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`, /^HTTP\/1\.1 400 /],
      ['something that is not HTTP', 'hello there\r\n\r\n', /^HTTP\/1\.1 400 /],
      ['a web page of another site', upgradeRequest({ Origin: 'http://evil.example' }), /^HTTP\/1\.1 403 /],
    ];
    for (const [what, request, answer] of refusals) {
      check(`refuses ${what} and ends the socket`, async () => {
        const peer = await gateway.raw();
        peer.write(request);
        const bytes = await peer.untilEnd();
        assert.match(bytes.toString(), answer);
      });
    }

    check('lets in a web page of its own host', async () => {
      const peer = await gateway.raw();
      peer.write(upgradeRequest({ Origin: 'http://127.0.0.1' }));
      assert.match((await peer.until((bytes) => bytes.includes('hello'))).toString('latin1'), /^HTTP\/1\.1 101 /);
      peer.socket.destroy();
    });

    check('answers the key as RFC 6455 section 1.3 says', async () => {
      const peer = await gateway.raw();
      peer.write(upgradeRequest());
      const bytes = await peer.until((seen) => seen.includes('hello'));
      assert.match(bytes.toString('latin1'), /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
      peer.socket.destroy();
    });

    check('accepts an upgrade request that comes a byte at a time', async () => {
      const peer = await gateway.raw();
      for (const byte of upgradeRequest()) {
        peer.write(byte);
        await new Promise(setImmediate);
      }
      assert.match((await peer.until((bytes) => bytes.includes('hello'))).toString('latin1'), /^HTTP\/1\.1 101 /);
      peer.socket.destroy();
    });

    check('hands on a message that came in one piece with the upgrade request', async () => {
      const peer = await gateway.raw();
      peer.write(Buffer.concat([Buffer.from(upgradeRequest()), clientFrame(TEXT, 'early')]));
      await peer.until((bytes) => bytes.includes('early'));
      assert.ok(peer.bytes.indexOf('hello') < peer.bytes.indexOf('early'));
      peer.socket.destroy();
    });

    check('echoes binary and text messages of every length class as they came', async () => {
      const client = await gateway.client();
      for (const length of [0, 1, 125, 126, 127, 1_000, 4_104]) {
        const data = Buffer.alloc(length, 'x');
        client.socket.send(data);
        assert.deepEqual(await client.next(), { data, isBinary: true });
        client.socket.send(data.toString());
        assert.deepEqual(await client.next(), { data, isBinary: false });
      }
      client.socket.terminate();
    });

    check('keeps the order of many messages written at once', async () => {
      const client = await gateway.client();
      for (let i = 0; i < 500; i++) client.socket.send(`${i}`);
      for (let i = 0; i < 500; i++) assert.equal(await client.nextText(), `${i}`);
      client.socket.terminate();
    });

    check('joins fragments, with a ping between them answered at once', async () => {
      const peer = await gateway.upgraded();
      peer.write(
        Buffer.concat([
          clientFrame(0x01, 'one,'),
          clientFrame(0x89, 'are you there'),
          clientFrame(0x00, 'two,'),
          clientFrame(0x80, 'three'),
        ]),
      );
      const bytes = await peer.until((seen) => seen.includes('one,two,three'));
      assert.equal(bytes[0], 0x8a);
      assert.ok(bytes.indexOf('are you there') < bytes.indexOf('one,two,three'));
      peer.socket.destroy();
    });

    check('answers a ping with its own payload', async () => {
      const client = await gateway.client();
      client.socket.ping('payload');
      await eventually('the pong', () => client.pongs.length === 1);
      assert.equal(client.pongs[0]!.toString(), 'payload');
      client.socket.terminate();
    });

    check('accepts a frame that comes a byte at a time', async () => {
      const peer = await gateway.upgraded();
      for (const byte of clientFrame(TEXT, 'slowly')) {
        peer.write(Uint8Array.of(byte));
        await new Promise(setImmediate);
      }
      await peer.until((bytes) => bytes.includes('slowly'));
      peer.socket.destroy();
    });

    check('echoes the close code of a client and reports it', async () => {
      const client = await gateway.client();
      client.socket.close(4_321);
      assert.equal(await client.closed, 4_321);
      await eventually('the code', () => gateway.count(COUNT_LAST_CLOSE_CODE) === 4_321);
    });

    check('reports 1005 for a close frame without a code', async () => {
      const client = await gateway.client();
      client.socket.close();
      await client.closed;
      await eventually('the code', () => gateway.count(COUNT_LAST_CLOSE_CODE) === 1_005);
    });

    check('sends its own close code behind what it sent before', async () => {
      const client = await gateway.client();
      client.socket.send('last words');
      client.socket.send('!close 4205');
      assert.equal(await client.closed, 4_205);
      assert.equal(await client.nextText(), 'last words');
      await eventually('the code', () => gateway.count(COUNT_LAST_CLOSE_CODE) === 4_205);
    });

    check('ends a connection whose peer does not answer its close frame', async () => {
      await eventually('an empty gateway', () => gateway.count(COUNT_OPEN_NOW) === 0);
      const peer = await gateway.upgraded();
      const closed = gateway.count(COUNT_CLOSED);
      peer.write(clientFrame(TEXT, '!close 4503'));
      await peer.until((bytes) => closeCodeIn(bytes) === 4_503);
      await eventually('onClose', () => gateway.count(COUNT_CLOSED) === closed + 1);
      assert.equal(gateway.count(COUNT_LAST_CLOSE_CODE), 4_503);
    });

    const violations: [string, number, Buffer][] = [
      ['an unmasked frame', 1_002, clientFrame(TEXT, 'bare', false)],
      ['a reserved bit', 1_002, clientFrame(TEXT | 0x40, 'rsv1')],
      ['a reserved opcode', 1_002, clientFrame(0x83, 'x')],
      ['a fragmented control frame', 1_002, clientFrame(0x09, 'x')],
      ['a control frame of 126 bytes', 1_002, clientFrame(0x89, Buffer.alloc(126))],
      ['a continuation of nothing', 1_002, clientFrame(0x80, 'x')],
      ['a new message inside another', 1_002, Buffer.concat([clientFrame(0x01, 'a'), clientFrame(TEXT, 'b')])],
      ['a close frame with one byte', 1_002, clientFrame(0x88, 'x')],
      ['a close code that may not travel', 1_002, clientFrame(0x88, Uint8Array.of(0x03, 0xed))],
      ['text that is not UTF-8', 1_007, clientFrame(TEXT, Uint8Array.of(0xc3, 0x28))],
      ['a close reason that is not UTF-8', 1_007, clientFrame(0x88, Uint8Array.of(0x03, 0xe8, 0xff))],
      ['a message over the limit', 1_009, clientFrame(BINARY, Buffer.alloc(4_105))],
      [
        'fragments that pass the limit together',
        1_009,
        Buffer.concat([clientFrame(0x02, Buffer.alloc(4_000)), clientFrame(0x80, Buffer.alloc(105))]),
      ],
      ['a length of 2^60 bytes', 1_009, Buffer.from([BINARY, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
      [
        'a message in five fragments',
        1_008,
        Buffer.concat([clientFrame(0x01, 'a'), ...['b', 'c', 'd'].map((text) => clientFrame(0x00, text)), clientFrame(0x80, 'e')]),
      ],
    ];
    for (const [what, code, bytes] of violations) {
      check(`closes ${code} for ${what}`, async () => {
        const peer = await gateway.upgraded();
        peer.write(bytes);
        assert.equal(closeCodeIn(await peer.until((seen) => closeCodeIn(seen) !== 0)), code);
        peer.socket.destroy();
        await eventually('the code', () => gateway.count(COUNT_LAST_CLOSE_CODE) === code);
      });
    }

    check('sends one message to many and nothing to others', async () => {
      const clients = await Promise.all([gateway.client(), gateway.client(), gateway.client()]);
      clients[0]!.socket.send('!all everyone');
      for (const client of clients) assert.deepEqual(await client.next(), { data: Buffer.from('everyone'), isBinary: true });
      for (const client of clients) client.socket.terminate();
    });

    check('holds the messages of a paused connection back and hands them on in order', async () => {
      const client = await gateway.client();
      client.socket.send('!pause');
      for (let i = 0; i < 50; i++) client.socket.send(`${i}`);
      const other = await gateway.client();
      other.socket.send('others go on');
      assert.equal(await other.nextText(), 'others go on');
      assert.equal(client.received, 0);
      other.socket.send('!resume');
      for (let i = 0; i < 50; i++) assert.equal(await client.nextText(), `${i}`);
      client.socket.terminate();
      other.socket.terminate();
    });

    check('says who the peer is', async () => {
      const peer = await gateway.upgraded();
      peer.write(clientFrame(TEXT, '!peer'));
      await peer.until((bytes) => bytes.includes(`127.0.0.1:${peer.socket.localPort}`));
      peer.socket.destroy();
    });

    check('counts what a peer that never reads leaves behind, and serves the others meanwhile', async () => {
      const deaf = await gateway.upgraded();
      deaf.socket.pause();
      const client = await gateway.client();
      client.socket.send('!flood 12288');
      await eventually('bytes in the queue', () => gateway.count(COUNT_MOST_BUFFERED) > 262_144);
      await eventually('the flood at the client that reads', () => client.received === 192);
      client.socket.send('still here');
      await eventually('the echo', () => client.received === 193);
      client.socket.terminate();
      deaf.socket.destroy();
    });

    check('leaves no trace of peers that reset in the middle of everything', async () => {
      await eventually('an empty gateway', () => gateway.count(COUNT_OPEN_NOW) === 0);
      const opened = gateway.count(COUNT_OPENED) - gateway.count(COUNT_CLOSED);
      for (let i = 0; i < 40; i++) {
        const peer = i % 4 === 0 ? await gateway.raw() : await gateway.upgraded();
        peer.write(i % 4 === 0 ? 'GET /v1' : clientFrame(BINARY, Buffer.alloc(100)).subarray(0, i * 2));
        peer.socket.resetAndDestroy();
      }
      await eventually('all gone', () => gateway.count(COUNT_OPENED) - gateway.count(COUNT_CLOSED) === opened);
      assert.equal(gateway.count(COUNT_LAST_CLOSE_CODE), 1_006);
    });

    check('answers 503 when every slot is taken, and accepts again when one is free', async () => {
      await eventually('an empty gateway', () => gateway.count(COUNT_OPEN_NOW) === 0);
      const clients: Client[] = [];
      for (let i = 0; i < 64; i++) clients.push(await gateway.client());
      const peer = await gateway.raw();
      peer.write(upgradeRequest());
      assert.match((await peer.untilEnd()).toString(), /^HTTP\/1\.1 503 /);
      clients.pop()!.socket.close();
      await eventually('a free slot', () => gateway.count(COUNT_OPEN_NOW) === 63);
      clients.push(await gateway.client());
      for (const client of clients) client.socket.terminate();
    });

    check('calls onClose exactly once for each onOpen', async () => {
      await eventually('an empty gateway', () => gateway.count(COUNT_OPEN_NOW) === 0);
      assert.equal(gateway.count(COUNT_FAULTS), 0);
      assert.equal(gateway.count(COUNT_OPENED), gateway.count(COUNT_CLOSED));
    });
  });
}
