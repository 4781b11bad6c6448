/** The name of a user: 1 to 64 of A-Z a-z 0-9 _ and -, so that it is the same in a URL, a Redis key and a log line. */
export const MAX_UID_BYTES = 64;
export const UID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

const ALLOWED = new Uint8Array(256);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-') ALLOWED[letter.charCodeAt(0)] = 1;

export function isUidByte(byte: number): boolean {
  return ALLOWED[byte] === 1;
}

/** True when bytes[start..end) is a uid. */
export function isUidIn(bytes: Uint8Array, start: number, end: number): boolean {
  if (end <= start || end - start > MAX_UID_BYTES) return false;
  for (let at = start; at < end; at++) if (ALLOWED[bytes[at]!] !== 1) return false;
  return true;
}

/** True for a text that is a uid; anything that is no text is none. */
export function isUid(value: unknown): value is string {
  return typeof value === 'string' && UID_PATTERN.test(value);
}
