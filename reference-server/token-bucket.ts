export interface BucketRates {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** A full bucket holds what one second brings. */
const DEPTH_US = 1_000_000;
/** Times are floating-point microseconds; a sum of many small costs may be off by less than this. */
const ROUNDING_US = 1;
/** Over twice the rate in this many whole seconds in a row is a flood. */
const FLOOD_SECONDS = 5;

/**
 * Two token buckets a connection, packets and bytes, and the watch for floods. A bucket is kept as one number, the time at
 * which it would be full again (the generic cell rate algorithm of ITU-T I.371), so that it costs no timer.
 */
export class TokenBuckets {
  readonly #packetUs: number;
  readonly #byteUs: number;
  readonly #floodPackets: number;
  readonly #floodBytes: number;
  readonly #packetsFullUs: Float64Array;
  readonly #bytesFullUs: Float64Array;
  readonly #second: Uint32Array;
  readonly #packetsInSecond: Uint32Array;
  readonly #bytesInSecond: Uint32Array;
  readonly #secondsOver: Uint8Array;

  constructor(slots: number, rates: BucketRates) {
    this.#packetUs = 1_000_000 / rates.packetsPerSecond;
    this.#byteUs = 1_000_000 / rates.bytesPerSecond;
    this.#floodPackets = 2 * rates.packetsPerSecond;
    this.#floodBytes = 2 * rates.bytesPerSecond;
    this.#packetsFullUs = new Float64Array(slots);
    this.#bytesFullUs = new Float64Array(slots);
    this.#second = new Uint32Array(slots);
    this.#packetsInSecond = new Uint32Array(slots);
    this.#bytesInSecond = new Uint32Array(slots);
    this.#secondsOver = new Uint8Array(slots);
  }

  /** Full buckets for a new connection. */
  reset(slot: number): void {
    this.#packetsFullUs[slot] = 0;
    this.#bytesFullUs[slot] = 0;
    this.#second[slot] = 0;
    this.#packetsInSecond[slot] = 0;
    this.#bytesInSecond[slot] = 0;
    this.#secondsOver[slot] = 0;
  }

  /** Takes one packet of this size when both buckets hold it; false, and nothing taken, when not. */
  take(slot: number, packetBytes: number, nowUs: number): boolean {
    const packets = Math.max(this.#packetsFullUs[slot]!, nowUs) + this.#packetUs;
    const bytes = Math.max(this.#bytesFullUs[slot]!, nowUs) + packetBytes * this.#byteUs;
    const limit = nowUs + DEPTH_US + ROUNDING_US;
    if (packets > limit || bytes > limit) return false;
    this.#packetsFullUs[slot] = packets;
    this.#bytesFullUs[slot] = bytes;
    return true;
  }

  /** Takes one packet of this size even from an empty bucket, which does not get emptier than that. */
  charge(slot: number, packetBytes: number, nowUs: number): void {
    const limit = nowUs + DEPTH_US;
    this.#packetsFullUs[slot] = Math.min(limit, Math.max(this.#packetsFullUs[slot]!, nowUs) + this.#packetUs);
    this.#bytesFullUs[slot] = Math.min(limit, Math.max(this.#bytesFullUs[slot]!, nowUs) + packetBytes * this.#byteUs);
  }

  /** Notes a packet, taken or not. True when the connection has sent more than twice its rate for five seconds. */
  isFlood(slot: number, packetBytes: number, nowUs: number): boolean {
    const second = Math.floor(nowUs / 1_000_000) >>> 0;
    if (second !== this.#second[slot]) this.#turn(slot, second);
    this.#packetsInSecond[slot]!++;
    this.#bytesInSecond[slot]! += packetBytes;
    return this.#secondsOver[slot]! >= FLOOD_SECONDS;
  }

  #turn(slot: number, second: number): void {
    const isNext = second === (this.#second[slot]! + 1) >>> 0;
    const wasOver = this.#packetsInSecond[slot]! > this.#floodPackets || this.#bytesInSecond[slot]! > this.#floodBytes;
    const over = isNext && wasOver ? Math.min(FLOOD_SECONDS, this.#secondsOver[slot]! + 1) : 0;
    if (over !== this.#secondsOver[slot]) this.#secondsOver[slot] = over;
    this.#second[slot] = second;
    this.#packetsInSecond[slot] = 0;
    this.#bytesInSecond[slot] = 0;
  }
}
