import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as p from '../../src/protocol/packet.js';
import { VECTORS } from './packet-vectors.js';
import { fromHex } from './random-bytes.js';
import { oracleTag, workedExample } from './worked-example.js';

const doc = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** "name = value" lines of the fenced blocks in the example; lines that begin with blanks go on with the value before. */
function exampleOfTheDoc(): Map<string, string> {
  const section = doc.slice(doc.indexOf('## A complete example'));
  const values = new Map<string, string>();
  let name = '';
  for (const [, block] of section.matchAll(/^```\n([\s\S]*?)^```$/gm)) {
    for (const line of block!.trimEnd().split('\n')) {
      const start = /^(\S.*?) = (\S+)$/.exec(line);
      if (start) {
        name = start[1]!;
        values.set(name, start[2]!);
      } else {
        assert.match(line, /^ +\S+$/, `a line of the example: ${line}`);
        values.set(name, values.get(name)! + line.trim());
      }
    }
  }
  return values;
}

const example = exampleOfTheDoc();

test('every value of the example in docs/protocol.md is what src/protocol computes', () => {
  const computed = workedExample();
  assert.deepEqual([...example.keys()], [...computed.keys()]);
  for (const [name, value] of computed) assert.equal(example.get(name), value, name);
});

test('keys, tokens and tags of the example are right by node:crypto alone', () => {
  const at = (name: string): Uint8Array => fromHex(example.get(name)!);
  const hkdf = (ikm: Uint8Array, salt: Uint8Array, info: string): string =>
    Buffer.from(hkdfSync('sha256', ikm, salt, info, 32)).toString('hex');
  for (const name of ['jwt', 'rt', 'sess', 'dfp'])
    assert.equal(example.get(`K_${name}`), hkdf(at('M'), new Uint8Array(0), `gwrk/1 ${name}`));
  assert.equal(
    example.get('S'),
    createHmac('sha256', at('K_sess'))
      .update(at('sid'))
      .update(new Uint8Array([1]))
      .digest('hex'),
  );
  const salt = Buffer.concat([at('snonce'), at('cnonce')]);
  for (const name of ['c2s', 's2c']) assert.equal(example.get(`K_${name}`), hkdf(at('S'), salt, `gwrk/1 ${name}`));
  const [header, claims, signature] = example.get('access')!.split('.');
  assert.equal(signature, createHmac('sha256', at('K_jwt')).update(`${header}.${claims}`).digest('base64url'));
  const said = JSON.parse(Buffer.from(claims!, 'base64url').toString()) as Record<string, unknown>;
  assert.equal(said.dfp, createHmac('sha256', at('K_dfp')).update(at('dfp')).digest('base64url'));
  assert.equal(said.sid, Buffer.from(at('sid')).toString('base64url'));
  const refresh = at('refresh');
  assert.equal(Buffer.from(refresh).toString('base64url'), example.get('refresh, as text'));
  assert.equal(
    Buffer.from(refresh.subarray(20)).toString('hex'),
    oracleTag(example.get('K_rt')!, refresh.subarray(0, 20), Buffer.from('p1')),
  );
  for (const [name, key, tagAt, extra] of [
    ['AUTH', 'K_c2s', p.AUTH_TAG, at('snonce')],
    ['AUTH_OK', 'K_s2c', p.AUTH_OK_TAG, new Uint8Array(0)],
    ['OP_SIGNED trade', 'K_c2s', p.OP_SIGNED_TAG, new Uint8Array(0)],
    ['PING', 'K_c2s', p.PING_TAG, new Uint8Array(0)],
    ['PONG', 'K_s2c', p.PONG_TAG, new Uint8Array(0)],
  ] as const) {
    const packet = at(name);
    const expected = oracleTag(example.get(key)!, packet.subarray(0, tagAt), packet.subarray(tagAt + 16), extra);
    assert.equal(Buffer.from(packet.subarray(tagAt, tagAt + 16)).toString('hex'), expected, name);
  }
});

test('docs/protocol.md names every packet type, code and operation with its number', () => {
  for (const { name, type } of VECTORS) assert.match(doc, new RegExp(`\\| 0x${type.toString(16).padStart(4, '0')} \\| ${name} \\|`), name);
  for (const [code, name] of p.CODE_NAMES) assert.match(doc, new RegExp(`\\| ${code.toString(16).padStart(4, '0')} \\| ${name} \\|`), name);
  for (const { opcode, name } of p.OPERATIONS) assert.match(doc, new RegExp(`\\| ${opcode} \\| ${name} \\|`), name);
});

test('the close codes of the code table are 4000 + 100 hi + lo', () => {
  let rows = 0;
  for (const [, code, close] of doc.matchAll(/^\| ([0-9a-f]{4}) \| [A-Z_]+ \| (\d{4}) \|/gm)) {
    rows++;
    assert.equal(Number(close), p.closeCodeOf(Number.parseInt(code!, 16)), code);
  }
  assert.ok(rows >= 15, `${rows} codes with a close code`);
});
