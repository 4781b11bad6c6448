/**
 * UTF-8 validation (RFC 3629) that can stop and go on anywhere. The state between two calls is one integer: UTF8_START at
 * a character's border, UTF8_INVALID for good after a fault, else what the next byte must be (count of bytes still to
 * come, lowest and highest value of the next one), packed.
 */
export const UTF8_START = 0;
export const UTF8_INVALID = -1;

const pending = (count: number, low: number, high: number): number => count | (low << 8) | (high << 16);
const ONE_MORE = pending(1, 0x80, 0xbf);
const TWO_MORE = pending(2, 0x80, 0xbf);

/** State after the first byte of a character: UTF8_START for ASCII, UTF8_INVALID for a byte that starts none. */
const AFTER_LEAD = new Int32Array(256).fill(UTF8_INVALID);
AFTER_LEAD.fill(UTF8_START, 0x00, 0x80);
AFTER_LEAD.fill(ONE_MORE, 0xc2, 0xe0);
AFTER_LEAD.fill(TWO_MORE, 0xe0, 0xf0);
AFTER_LEAD.fill(pending(3, 0x80, 0xbf), 0xf0, 0xf5);
AFTER_LEAD[0xe0] = pending(2, 0xa0, 0xbf); // no overlong form
AFTER_LEAD[0xed] = pending(2, 0x80, 0x9f); // no surrogate
AFTER_LEAD[0xf0] = pending(3, 0x90, 0xbf); // no overlong form
AFTER_LEAD[0xf4] = pending(3, 0x80, 0x8f); // nothing above U+10FFFF

/** Validates bytes[start..end) from `state` on; returns the new state. A whole text is valid when it ends in UTF8_START. */
export function validateUtf8(bytes: Uint8Array, start: number, end: number, state: number): number {
  let now = state;
  let at = start;
  while (at < end && now !== UTF8_INVALID) {
    if (now === UTF8_START) {
      while (end - at >= 4 && (bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) < 0x80) at += 4;
      if (at === end) return now;
      now = AFTER_LEAD[bytes[at++]!]!;
      continue;
    }
    const byte = bytes[at++]!;
    if (byte < ((now >> 8) & 0xff) || byte > now >> 16) return UTF8_INVALID;
    const left = (now & 0xff) - 1;
    now = left === 0 ? UTF8_START : left === 1 ? ONE_MORE : TWO_MORE;
  }
  return now;
}
