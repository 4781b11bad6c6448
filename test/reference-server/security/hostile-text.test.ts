import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { jsonLine } from '../../../reference-server/json-line.js';
import { FREE_PORTS, SECRETS } from '../server/http-client.js';
import { portOf, serveProcess } from '../server/serve-process.js';

const ESCAPES = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\b',
  '\t',
  '\v',
  '\f',
  '\x07',
  '\x1b',
  '\x1b[2J',
  '\x1b]0;title\x07',
  '\x1b[31m',
  '\x7f',
  '\x80',
];
const WIDE = ['\x85', '\x9b', '\x9b2J', '\x9f', '\u2028', '\u2029', '\u202e', '\u200f', '\u2066', '\ufeff'];
const MARKS = [...ESCAPES, ...WIDE];
/** Forty strings: each mark alone, and some dressed up as a line of the log. */
const HOSTILE = [
  ...MARKS.map((mark) => `before${mark}after`),
  ...MARKS.slice(0, 15).map((mark) => `x${mark}{"event":"ready","ws":"ws://evil.example"}${mark}`),
];
/** What a line may not hold: all controls, C1 too, separators and marks of direction. */
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

describe('text of strangers (S15)', () => {
  it(`cannot break a line of JSON or reach a terminal, ${HOSTILE.length} times, and reads back as it was`, () => {
    assert.equal(HOSTILE.length, 40);
    for (const text of HOSTILE) {
      const line = jsonLine({ text, stack: [text] });
      assert.doesNotMatch(line, HARMFUL);
      assert.deepEqual(JSON.parse(line), { text, stack: [text] });
    }
  });

  it('leaves no trace of itself in what the server writes', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gwrk-hostile-'));
    const audit = join(directory, 'audit.log');
    // A fault whose text a stranger chose.
    const preload = `import { isMainThread } from 'node:worker_threads'; if (isMainThread) process.once('SIGUSR2', () => { throw new Error(${JSON.stringify(HOSTILE.join(' | '))}); });`;
    const { child, ready, ended } = serveProcess([...FREE_PORTS, '--audit', audit], SECRETS, preload);
    try {
      const line = await ready;
      const ports = [portOf(line.ws), portOf(line.http), portOf(line.admin)];
      for (const text of HOSTILE) {
        await Promise.all(
          ports.map(async (port) => {
            const body = JSON.stringify({ uid: text, dfp: text, proof: text });
            const socket = connect(port, '127.0.0.1');
            socket.on('error', () => {});
            socket.resume();
            socket.end(
              `POST /v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Peer: ${text}\r\nUser-Agent: ${text}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
            );
            await once(socket, 'close');
          }),
        );
      }
      child.kill('SIGUSR2');
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 70, stderr);
      const written = [stdout, stderr, existsSync(audit) ? readFileSync(audit, 'utf8') : ''];
      for (const text of written) {
        for (const written of text.split('\n').slice(0, -1)) {
          assert.doesNotMatch(written, HARMFUL);
          assert.equal(typeof JSON.parse(written), 'object');
        }
      }
      assert.equal(stdout.split('\n').filter((text) => text.includes('"ready"')).length, 1);
      assert.ok(stderr.includes('before\\u009bafter'), 'the fault was told');
    } finally {
      child.kill('SIGKILL');
      rmSync(directory, { recursive: true });
    }
  });
});
