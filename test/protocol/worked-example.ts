/** The example at the end of docs/protocol.md, computed by src/protocol: name -> value as it stands there. */
import { createHmac } from 'node:crypto';
import { encodeBase64Url } from '../../src/protocol/base64url.js';
import { deriveConnectionKeys, deriveMasterKeys, deriveSessionSecret, hkdfExpand, hkdfExtract } from '../../src/protocol/keys.js';
import { createMacTable, HmacKey } from '../../src/protocol/mac.js';
import * as p from '../../src/protocol/packet.js';
import { OPCODE_BINARY, writeFrame } from '../../src/protocol/websocket-frame.js';
import { bytesFrom } from './packet-vectors.js';
import { fromText, hexOf } from './random-bytes.js';

const UNIX_S = 1767225600;
const UNIX_MS = UNIX_S * 1000 + 123;
const MONO_US = 987654321012;
const ROOM = 7;

function digestOf(key: Uint8Array, message: Uint8Array): Uint8Array {
  const out = new Uint8Array(32);
  new HmacKey(key).digest(message, 0, message.length, out, 0);
  return out;
}

export function workedExample(): Map<string, string> {
  const values = new Map<string, string>();
  const hex = (name: string, bytes: Uint8Array): Uint8Array => {
    values.set(name, hexOf(bytes));
    return bytes;
  };

  const master = hex('M', bytesFrom(0x00, 32));
  const keys = deriveMasterKeys(master);
  hex('K_jwt', keys.jwt);
  hex('K_rt', keys.rt);
  hex('K_sess', keys.sess);
  hex('K_dfp', keys.dfp);

  const dfp = hex('dfp', bytesFrom(0x60, 32));
  const sid = hex('sid', bytesFrom(0xc0, 16));
  const jti = hex('jti', bytesFrom(0xe0, 16));
  const fam = hex('fam', bytesFrom(0x20, 16));
  const secret = new Uint8Array(32);
  deriveSessionSecret(new HmacKey(keys.sess), sid, 0, 1, secret, 0);
  hex('S', secret);

  const dfpClaim = encodeBase64Url(digestOf(keys.dfp, dfp));
  const text64 = (text: string): string => encodeBase64Url(fromText(text));
  const claims =
    `{"iss":"gwrk","aud":"gwrk/ws","sub":"p1","sid":"${encodeBase64Url(sid)}","jti":"${encodeBase64Url(jti)}",` +
    `"dfp":"${dfpClaim}","iat":${UNIX_S},"exp":${UNIX_S + 900}}`;
  const signed = `${text64('{"alg":"HS256","typ":"at+jwt","kid":"1"}')}.${text64(claims)}`;
  const jwt = `${signed}.${encodeBase64Url(digestOf(keys.jwt, fromText(signed)))}`;
  values.set('claim dfp', dfpClaim);
  values.set('access', jwt);

  const gen = new Uint8Array([1, 0, 0, 0]);
  const rtMac = digestOf(keys.rt, new Uint8Array([...fam, ...gen, ...fromText('p1')])).subarray(0, 16);
  const refresh = hex('refresh', new Uint8Array([...fam, ...gen, ...rtMac]));
  values.set('refresh, as text', encodeBase64Url(refresh));

  const snonce = hex('snonce', bytesFrom(0xa0, 16));
  const cnonce = hex('cnonce', bytesFrom(0xb0, 16));
  const prk = new Uint8Array(32);
  hkdfExtract(new Uint8Array([...snonce, ...cnonce]), 0, 32, secret, 0, 32, prk, 0);
  hex('PRK', prk);
  for (const name of ['c2s', 's2c']) {
    const key = new Uint8Array(32);
    hkdfExpand(prk, 0, fromText(`gwrk/1 ${name}`), 32, key, 0);
    hex(`K_${name}`, key);
  }

  const macs = createMacTable(2);
  deriveConnectionKeys(secret, 0, snonce, 0, cnonce, 0, macs, 0, 1);
  const packet = (name: string, write: (out: Uint8Array) => number): Uint8Array => {
    const out = new Uint8Array(2048);
    return hex(name, out.slice(0, write(out)));
  };
  const auth: p.AuthFields = {
    flags: 0,
    clientUnixMs: UNIX_MS + 20,
    cnonce,
    cnonceAt: 0,
    dfp,
    dfpAt: 0,
    lastAckNonce: null,
    lastAckNonceAt: 0,
    token: fromText(jwt),
    tokenStart: 0,
    tokenEnd: jwt.length,
    snonce,
    snonceAt: 0,
  };
  const none = new Uint8Array(0);
  packet('HELLO', (out) => p.writeHello(out, 0, 0, 10000, UNIX_MS, snonce, 0));
  packet('AUTH', (out) => p.writeAuth(out, 0, 1, auth, macs, 0));
  packet('AUTH_OK', (out) => p.writeAuthOk(out, 0, 1, sid, 0, UNIX_S + 900, 10000, 0, macs, 1));
  packet('ROOM_JOIN', (out) => p.writeRoomJoin(out, 0, 2, ROOM));
  packet('JOINED', (out) => p.writeJoined(out, 0, 2, ROOM, 0, 1, 41, 100, p.CODE_OK));
  packet('OP move', (out) => p.writeOp(out, 0, 3, p.OPCODE_MOVE, new Uint8Array([0xfb, 0xff, 0xff, 0xff, 0xe8, 0x03, 0, 0]), 0, 8));
  packet('OP_ACK move', (out) => p.writeOpAck(out, 0, 3, p.CODE_OK, 0, 12, UNIX_MS + 100, none, 0, 0));
  packet('ROOM_STATE', (out) => p.writeRoomRow(out, p.writeRoomStateHead(out, 0, ROOM, 42, 0, 1, MONO_US), 0, 0, -5, 1000, 0));
  const nonce = hex('nonce', bytesFrom(0xd0, 8));
  const trade = new Uint8Array([17, 0, 0, 0, 3, 0, 0, 0]);
  packet('OP_SIGNED trade', (out) => p.writeOpSigned(out, 0, 4, p.OPCODE_TRADE, UNIX_MS + 150, nonce, 0, trade, 0, 8, macs, 0));
  packet('OP_ACK trade', (out) => p.writeOpAck(out, 0, 4, p.CODE_OK, 0, 25, UNIX_MS + 160, new Uint8Array([3, 0, 0, 0]), 0, 4));
  const ping = packet('PING', (out) => p.writePing(out, 0, 5, 1, 2, 555000111, macs, 0));
  packet('PONG', (out) => p.writePong(out, 0, ping, 0, 2, MONO_US + 900, macs, 1));
  packet('frame of the PING', (out) => writeFrame(out, 0, OPCODE_BINARY, ping, 0, ping.length, true, 0x3d21fa37));
  packet('DISCONNECT', (out) => p.writeDisconnect(out, 0, 6, 0));
  packet('ACK_CLOSE server, heard', (out) => p.writeAckClose(out, 0, 6, p.ACK_CLOSE_HEARD, p.CODE_OK, 0, 0, 0));
  packet('ACK_CLOSE server, drained', (out) => p.writeAckClose(out, 0, 6, p.ACK_CLOSE_DRAINED, p.CODE_OK, 2, 2, 6));
  packet('ACK_CLOSE client, drained', (out) => p.writeAckClose(out, 0, 7, p.ACK_CLOSE_DRAINED, p.CODE_OK, 2, 2, 6));
  return values;
}

/** HMAC by node:crypto, for checks that must not rest on our own. */
export function oracleTag(keyHex: string, ...parts: Uint8Array[]): string {
  return createHmac('sha256', Buffer.from(keyHex, 'hex')).update(Buffer.concat(parts)).digest('hex').slice(0, 32);
}
