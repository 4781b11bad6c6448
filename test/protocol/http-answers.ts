import { HttpResponseReader } from '../../src/protocol/http-response-reader.js';

/** What a reader told of one connection. */
export interface Told {
  readonly status?: number;
  readonly body?: string;
  readonly bodyBytes?: number;
  readonly mayStay?: boolean;
  readonly garbage?: string;
}

/** Reads `bytes` in pieces that end at `cuts`, as the answer to one request. */
export function readAnswer(
  bytes: Uint8Array,
  {
    cuts = [],
    isHead = false,
    keep = 1 << 20,
    ends = false,
  }: { cuts?: readonly number[]; isHead?: boolean; keep?: number; ends?: boolean } = {},
): Told[] {
  const told: Told[] = [];
  const reader = new HttpResponseReader(1, {
    onResponse: (_row, status, from, start, end, bodyBytes, mayStay) =>
      told.push({ status, body: Buffer.from(from.subarray(start, end)).toString('latin1'), bodyBytes, mayStay }),
    onGarbage: (_row, garbage) => told.push({ garbage }),
  });
  reader.expect(0, isHead, keep);
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    // As a transport hands it over: the bytes stand somewhere in a buffer that is used again.
    const buffer = new Uint8Array(cut - at + 6).fill(0x41);
    buffer.set(bytes.subarray(at, cut), 3);
    reader.push(0, buffer, 3, 3 + cut - at);
    buffer.fill(0x58);
    at = cut;
  }
  if (ends) reader.ended(0);
  return told;
}

export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
