import { randomFillSync } from 'node:crypto';

const NONCE_BYTES = 16;

/** Server nonces and ids, 16 random bytes each, drawn from the system in blocks: one draw serves 4,096 of them. */
export class ServerNonces {
  readonly #block = new Uint8Array(4_096 * NONCE_BYTES);
  #at = this.#block.length;

  /** Writes 16 random bytes to into[at..]. */
  draw(into: Uint8Array, at: number): void {
    if (this.#at === this.#block.length) {
      randomFillSync(this.#block);
      this.#at = 0;
    }
    for (let i = 0; i < NONCE_BYTES; i++) into[at + i] = this.#block[this.#at + i]!;
    this.#at += NONCE_BYTES;
  }
}
