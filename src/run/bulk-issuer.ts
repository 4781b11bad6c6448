import type { LoginColumns } from '../swarm/messages.js';
import { codeOf, failed, type Issued, type Issuer, isRecord } from './credential-issuer.js';
import { DFP_BYTES, DFP_LETTERS, type Fingerprints } from './fingerprint.js';
import { type JsonClient, parseJson } from './http-json.js';
import { joinLogins, sliceLogins } from './waiting-logins.js';

/** Sessions a request: enough that the request itself costs little, few enough that nobody works on one for long. */
const BATCH_SIZE = 1500;
const MAX_IN_FLIGHT = 3;
const MAX_UID_BYTES = 64;

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const LIST = ascii('{"sessions":[');
const UID = ascii('{"uid":"');
const DFP = ascii('","dfp":"');
const ENTRY_END = ascii('"}');
const LIST_END = ascii(']}');
const COMMA = 0x2c;
/** Bytes of an entry beside its uid, with its comma; what the list needs fits into one of them. */
const ENTRY_BYTES = UID.length + DFP.length + DFP_LETTERS + ENTRY_END.length + 1;

/** 1 for the letters of a uid that stand for themselves in JSON, which are those that the protocol allows. */
const IS_PLAIN = new Uint8Array(256);
for (const letter of ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')) IS_PLAIN[letter] = 1;

/**
 * Thousands of sessions a request from the reference server's admin port (docs/protocol.md, POST /admin/v1/sessions). Its
 * answer goes to the worker as it came.
 */
export function bulkIssuer(client: JsonClient, devices: Fingerprints): Issuer {
  const issue = async (logins: LoginColumns): Promise<Issued> => {
    const { rows, generations } = logins;
    const dfps = new Uint8Array(rows.length * DFP_BYTES);
    try {
      const { status, bytes } = await client.postBytes('/admin/v1/sessions', writeBody(logins, devices, dfps));
      if (status === 200) return { messages: [{ type: 'sessions', json: bytes, rows, generations, dfps }] };
      const bad = status === 400 ? badEntryOf(bytes) : -1;
      return bad >= 0 && bad < rows.length ? withoutBad(logins, bad) : { messages: [failed([...rows], `login.${status}`)] };
    } catch (error) {
      return { messages: [failed([...rows], codeOf(error))] };
    }
  };
  return { batchSize: BATCH_SIZE, maxInFlight: MAX_IN_FLIGHT, issue };
}

/** The request for these clients; their devices are written to `dfps`. */
function writeBody({ uids, uidEnds }: LoginColumns, devices: Fingerprints, dfps: Uint8Array): Uint8Array {
  // Six bytes are the most that a byte of a uid takes in JSON.
  const roomBytes = (uidEnds.length + 1) * ENTRY_BYTES + uids.length * (isPlain(uids, 0, uids.length) ? 1 : 6);
  const body = Buffer.allocUnsafe(roomBytes);
  let at = put(LIST, 0, LIST.length, body, 0);
  let start = 0;
  for (let i = 0; i < uidEnds.length; i++) {
    const end = uidEnds[i]!;
    if (i > 0) body[at++] = COMMA;
    at = put(UID, 0, UID.length, body, at);
    at = isPlain(uids, start, end) ? put(uids, start, end, body, at) : at + body.write(escaped(uids, start, end), at);
    at = put(DFP, 0, DFP.length, body, at);
    devices.write(uids, start, end, dfps, i * DFP_BYTES);
    at = devices.writeLetters(dfps, i * DFP_BYTES, body, at);
    at = put(ENTRY_END, 0, ENTRY_END.length, body, at);
    start = end;
  }
  return body.subarray(0, put(LIST_END, 0, LIST_END.length, body, at));
}

function put(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) to[at + i - start] = from[i]!;
  return at + end - start;
}

function isPlain(uids: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (IS_PLAIN[uids[i]!] === 0) return false;
  return true;
}

function escaped(uids: Uint8Array, start: number, end: number): string {
  return JSON.stringify(Buffer.from(uids.subarray(start, end)).toString('utf8')).slice(1, -1);
}

/** Which entry of the request the server refuses, as it says in `detail`; -1 when it does not say. */
function badEntryOf(bytes: Uint8Array): number {
  const body = parseJson(bytes);
  const detail = isRecord(body) && typeof body.detail === 'string' ? body.detail : '';
  const [, digits] = /^sessions\[(\d{1,9})\]/u.exec(detail) ?? [];
  return digits === undefined ? -1 : Number(digits);
}

/**
 * The server has issued none because of one. That one fails, the others are asked for again: but for those that break the
 * rule for uids as it does, because they would be refused in turn, at the price of a request each.
 */
function withoutBad(logins: LoginColumns, bad: number): Issued {
  const { rows } = logins;
  const isForm = !isUid(logins, bad);
  const clients: number[] = [];
  const good: LoginColumns[] = [];
  let from = 0;
  for (let i = 0; i < rows.length; i++) {
    if (i !== bad && !(isForm && !isUid(logins, i))) continue;
    clients.push(rows[i]!);
    if (i > from) good.push(sliceLogins(logins, from, i));
    from = i + 1;
  }
  if (from < rows.length) good.push(sliceLogins(logins, from, rows.length));
  return { messages: [failed(clients, 'login.400')], ...(good.length > 0 && { again: joinLogins(good) }) };
}

/** Whether a uid is 1 to 64 of A-Z a-z 0-9 _ - (docs/protocol.md). */
function isUid({ uids, uidEnds }: LoginColumns, index: number): boolean {
  const start = index === 0 ? 0 : uidEnds[index - 1]!;
  const end = uidEnds[index]!;
  return end > start && end - start <= MAX_UID_BYTES && isPlain(uids, start, end);
}
