const PIECE = 16;
const PIECES = 4;

/**
 * The uid of each connection, 1 to 64 letters: its length, and its letters in pieces of 16, a column each. Memory that no uid
 * reaches is never touched, so a connection costs 17 bytes while uids are short, and 65 at most.
 */
export class UidColumns {
  readonly #lengths: Uint8Array;
  readonly #pieces: readonly Uint8Array[];

  constructor(capacity: number) {
    this.#lengths = new Uint8Array(capacity);
    this.#pieces = Array.from({ length: PIECES }, () => new Uint8Array(capacity * PIECE));
  }

  /** Keeps uid[0..length), ASCII, for the slot. */
  set(slot: number, uid: Uint8Array, length: number): void {
    this.#lengths[slot] = length;
    for (let from = 0, piece = 0; from < length; from += PIECE, piece++) {
      const letters = this.#pieces[piece]!;
      const end = Math.min(PIECE, length - from);
      for (let i = 0; i < end; i++) letters[slot * PIECE + i] = uid[from + i]!;
    }
  }

  /** The uid that was kept last. */
  get(slot: number): string {
    let text = '';
    for (let rest = this.#lengths[slot]!, piece = 0; rest > 0; rest -= PIECE, piece++) {
      const { buffer } = this.#pieces[piece]!;
      text += Buffer.from(buffer, slot * PIECE, Math.min(PIECE, rest)).toString('latin1');
    }
    return text;
  }
}
