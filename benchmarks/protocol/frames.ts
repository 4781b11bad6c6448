/** node dist/benchmarks/protocol/frames.js: frames and handshakes, ours and those of ws. */
import * as ws from 'ws';
import { KeyPool, parseUpgradeResponse, UpgradeResponse, UpgradeTemplate } from '../../src/protocol/websocket-client-handshake.js';
import { OPCODE_BINARY, writeFrame } from '../../src/protocol/websocket-frame.js';
import { findHeaderEnd, parseUpgradeRequest, UpgradeRequest, writeUpgradeResponse } from '../../src/protocol/websocket-handshake.js';
import { FrameReader } from '../../src/protocol/websocket-reader.js';
import { compare } from './stopwatch.js';

interface WsReceiver {
  on(event: 'message', listener: (data: Buffer) => void): void;
  _write(chunk: Buffer, encoding: string, done: () => void): void;
}
interface WsParts {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => WsReceiver;
  Sender: { frame(data: Buffer, options: Record<string, unknown>): Buffer[] };
}
const { Receiver, Sender } = ws as unknown as WsParts;

const out = new Uint8Array(70_000);
const nothing = (): void => {};

for (const payloadBytes of [24, 40, 1000, 4096]) {
  const payload = Buffer.alloc(payloadBytes, 0x61);
  const count = payloadBytes > 500 ? 30_000 : 150_000;
  const frameBytes = writeFrame(out, 0, OPCODE_BINARY, payload, 0, payloadBytes, true, 0x01020304);
  const incoming = Buffer.from(out.subarray(0, frameBytes));
  let received = 0;
  const reader = new FrameReader(
    { capacity: 1, role: 'server', maxMessageBytes: 65536, maxFragments: 4 },
    { onMessage: () => received++, onPing: nothing, onPong: nothing, onCloseFrame: nothing, onProtocolError: nothing },
  );
  const receiver = new Receiver({ isServer: true, maxPayload: 65536 });
  receiver.on('message', () => received++);
  // Each reader unmasks in place: the next round reads other bytes of the same length, which costs the same.
  compare(`read a masked frame of ${payloadBytes} bytes`, count, [
    {
      name: 'FrameReader',
      run: (rounds) => {
        for (let i = 0; i < rounds; i++) reader.push(0, incoming, 0, frameBytes);
      },
    },
    {
      name: 'ws Receiver',
      run: (rounds) => {
        for (let i = 0; i < rounds; i++) receiver._write(incoming, 'buffer', nothing);
      },
    },
  ]);
  if (received === 0) throw new Error('no frame was read');
  compare(`write a masked frame of ${payloadBytes} bytes`, count, [
    {
      name: 'writeFrame',
      run: (rounds) => {
        for (let i = 0; i < rounds; i++) writeFrame(out, 0, OPCODE_BINARY, payload, 0, payloadBytes, true, i | 1);
      },
    },
    {
      name: 'ws Sender.frame',
      run: (rounds) => {
        for (let i = 0; i < rounds; i++) Sender.frame(payload, { fin: true, opcode: 2, mask: true, readOnly: true, rsv1: false });
      },
    },
  ]);
}

const pool = new KeyPool();
const template = new UpgradeTemplate({ host: '127.0.0.1:9000', path: '/v1/ws' });
const request = new Uint8Array(512);
const requestEnd = template.write(request, 0, pool.keys[0]!);
const fields = new UpgradeRequest();
const answer = new Uint8Array(512);
parseUpgradeRequest(request, 0, requestEnd, fields);
const answerEnd = writeUpgradeResponse(request, fields.keyStart, '', answer, 0);
const response = new UpgradeResponse();

compare('opening handshake', 50_000, [
  {
    name: 'server: parse the request, write the answer',
    run: (count) => {
      for (let i = 0; i < count; i++) {
        parseUpgradeRequest(request, 0, findHeaderEnd(request, 0, requestEnd), fields);
        writeUpgradeResponse(request, fields.keyStart, '', answer, 0);
      }
    },
  },
  {
    name: 'client: write the request, parse the answer',
    run: (count) => {
      for (let i = 0; i < count; i++) {
        template.write(out, 0, pool.keys[i & 255]!);
        parseUpgradeResponse(answer, 0, findHeaderEnd(answer, 0, answerEnd), pool.accepts[0]!, response);
      }
    },
  },
]);
