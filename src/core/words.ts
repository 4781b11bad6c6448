/**
 * Bytes copied and masked 32 bits at a time. Compiled JavaScript takes about as long for a byte as for a word, so the few
 * dozen bytes of a usual message cost a quarter this way. But words need a view of their own over the array's memory, which
 * is too dear to be made for each message: a WordView keeps the last one.
 */

/** Longer pieces are copied faster by set() and subarray(), in spite of the object that they make. */
const LONGEST_BYTES = 1024;

/** The words of an array that whoever asks is given again and again. */
export class WordView {
  #bytes: Uint8Array | undefined;
  #words: Int32Array | undefined;

  /**
   * The words of `bytes`: word i is bytes[4 i .. 4 i + 4), little-endian. Undefined where the array does not begin and end on
   * a whole word, and at first sight: an array that is seen only once gets no view.
   */
  of(bytes: Uint8Array): Int32Array | undefined {
    return bytes === this.#bytes ? (this.#words ?? this.#make(bytes)) : this.#meet(bytes);
  }

  #meet(bytes: Uint8Array): undefined {
    this.#bytes = bytes;
    this.#words = undefined;
  }

  #make(bytes: Uint8Array): Int32Array | undefined {
    this.#words = wordsOf(bytes);
    return this.#words;
  }
}

/** The words of an array; undefined where it does not begin and end on a whole word. */
export function wordsOf(bytes: Uint8Array): Int32Array | undefined {
  const { buffer, byteOffset, length } = bytes;
  return ((byteOffset | length) & 3) === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : undefined;
}

/** Whether bytes from `start` on can be copied to `at` by words. */
export const isCongruent = (start: number, at: number): boolean => ((start ^ at) & 3) === 0;

/**
 * Copies bytes start .. end of `from` to byte `at` of `to` and changes no other. `start` and `at` must be congruent.
 * Little-endian machines only, as all of gwrk.
 */
export function copyWords(from: Int32Array, start: number, end: number, to: Int32Array, at: number): void {
  if (end - start > LONGEST_BYTES) {
    const { buffer, byteOffset } = from;
    new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(new Uint8Array(buffer, byteOffset + start, end - start), at);
    return;
  }
  if (end <= start) return;
  let word = start >> 2;
  let target = at >> 2;
  const last = (end - 1) >> 2;
  const head = -1 << ((start & 3) << 3);
  const tail = -1 >>> ((-end & 3) << 3);
  if (word === last) {
    const kept = head & tail;
    to[target] = (to[target]! & ~kept) | (from[word]! & kept);
    return;
  }
  to[target] = (to[target]! & ~head) | (from[word]! & head);
  for (word++, target++; word < last; word++, target++) to[target] = from[word]!;
  to[target] = (to[target]! & ~tail) | (from[word]! & tail);
}

/** maskBytes() of bytes start .. end, by words (RFC 6455, section 5.3). */
export function maskWords(words: Int32Array, start: number, end: number, mask: number): void {
  if (mask === 0 || end <= start) return;
  const shift = (start & 3) << 3;
  const key = shift === 0 ? mask : (mask << shift) | (mask >>> (32 - shift));
  let word = start >> 2;
  const last = (end - 1) >> 2;
  const head = -1 << shift;
  const tail = -1 >>> ((-end & 3) << 3);
  if (word === last) {
    words[word] = words[word]! ^ (key & head & tail);
    return;
  }
  words[word] = words[word]! ^ (key & head);
  for (word++; word < last; word++) words[word] = words[word]! ^ key;
  words[word] = words[word]! ^ (key & tail);
}
