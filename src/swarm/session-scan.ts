import { decodeBase64Url } from '../protocol/base64url.js';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const LIST = ascii('{"sessions":[');
const ACCESS = ascii('{"access":"');
const REFRESH = ascii('","refresh":"');
const SID = ascii('","sid":"');
const SECRET = ascii('","secret":"');
const ACCESS_EXP = ascii('","accessExp":');
const REFRESH_EXP = ascii(',"refreshExp":');
const SID_LETTERS = 22;
const SECRET_LETTERS = 43;
const MAX_DIGITS = 15;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const LIST_END = 0x5d;
const OBJECT_END = 0x7d;

/** 1 for the letters of a token: base64url, and the dot between its parts. */
const IS_TOKEN_LETTER = new Uint8Array(256);
for (const letter of ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.')) IS_TOKEN_LETTER[letter] = 1;

/** Bytes of an entry in `ids`: the secret, then the sid. */
export const IDS_BYTES = 48;
export const SCAN_SID = 32;

/**
 * Reads a reply to many logins where it lies, if it is written exactly as the reference server writes it (docs/protocol.md):
 * these keys in this order, no blanks, nothing escaped. What it reads is then what JSON.parse would have read.
 */
export class SessionScan {
  /** Where each access token begins and ends in the reply: two numbers an entry. */
  tokens = new Int32Array(0);
  /** Secret and sid of each entry, decoded. */
  ids = new Uint8Array(0);
  #bytes: Uint8Array = this.ids;
  #at = 0;

  /** Whether bytes[0..end) is a reply with `count` sessions written that way; only then the columns hold them. */
  read(bytes: Uint8Array, count: number): boolean {
    if (this.tokens.length < count * 2) {
      this.tokens = new Int32Array(count * 2);
      this.ids = new Uint8Array(count * IDS_BYTES);
    }
    this.#bytes = bytes;
    this.#at = 0;
    let isGood = this.#take(LIST);
    for (let i = 0; isGood && i < count; i++) isGood = (i === 0 || this.#takeByte(COMMA)) && this.#entry(i);
    return isGood && this.#takeByte(LIST_END) && this.#takeByte(OBJECT_END) && this.#at === bytes.length;
  }

  /** Keeps no reply in memory. */
  release(): void {
    this.#bytes = new Uint8Array(0);
  }

  #entry(index: number): boolean {
    if (!this.#take(ACCESS)) return false;
    this.tokens[index * 2] = this.#at;
    this.#skipToken();
    this.tokens[index * 2 + 1] = this.#at;
    if (!this.#take(REFRESH)) return false;
    this.#skipToken();
    const idsAt = index * IDS_BYTES;
    return (
      this.#take(SID) &&
      this.#decode(SID_LETTERS, idsAt + SCAN_SID) &&
      this.#take(SECRET) &&
      this.#decode(SECRET_LETTERS, idsAt) &&
      this.#take(ACCESS_EXP) &&
      this.#takeNumber() &&
      this.#take(REFRESH_EXP) &&
      this.#takeNumber() &&
      this.#takeByte(OBJECT_END)
    );
  }

  #skipToken(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    while (at < bytes.length && IS_TOKEN_LETTER[bytes[at]!] === 1) at++;
    this.#at = at;
  }

  #decode(letters: number, to: number): boolean {
    const end = this.#at + letters;
    if (end >= this.#bytes.length || this.#bytes[end] !== QUOTE) return false;
    if (decodeBase64Url(this.#bytes, this.#at, end, this.ids, to) < 0) return false;
    this.#at = end;
    return true;
  }

  /** A whole number as JSON has it: without a leading zero. */
  #takeNumber(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    while (at < bytes.length && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
    this.#at = at;
    return at > start && at - start <= MAX_DIGITS && (bytes[start] !== ZERO || at - start === 1);
  }

  #take(text: Uint8Array): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
    this.#at = at + text.length;
    return true;
  }

  #takeByte(byte: number): boolean {
    return this.#bytes[this.#at++] === byte;
  }
}
