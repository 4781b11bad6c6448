/** Bytes that are appended to: grows by doubling with what really came, never by what a peer announced. */
export class GrowingBytes {
  bytes: Uint8Array;
  length = 0;

  constructor(firstCapacityBytes: number) {
    this.bytes = new Uint8Array(firstCapacityBytes);
  }

  /** Appends from[start..end). */
  append(from: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.bytes.length) {
      let capacity = this.bytes.length;
      while (capacity < length) capacity *= 2;
      const larger = new Uint8Array(capacity);
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    this.bytes.set(from.subarray(start, end), this.length);
    this.length = length;
  }
}
