import { CODE_SLOW_CONSUMER, HEADER_BYTES, MAX_SERVER_BODY, ROOM_STATE } from '../../src/protocol/packet.js';
import { BYTES_OUT, MESSAGES_OUT, PACKETS_OUT, ROOM_STATES, ROOM_STATES_SKIPPED } from '../counters.js';
import type { SessionCore } from '../session-core.js';
import { CLOSE, FINE, type SlowPeers } from '../session-slow.js';
import type { RoomDirectory } from './directory.js';
import { CHANGED, MAX_SEATS, NEEDS_FULL, type Room } from './room.js';
import { writeDelta, writeFullState } from './state-writer.js';

/** Sends, once a tick, what changed in each room: encoded once, whoever the receivers are (ruling 37). */
export class RoomBroadcast {
  /** Number of the tick that runs now, 1 at the start. It is the seq of every ROOM_STATE. */
  tick = 1;
  readonly tickMs: number;
  readonly #tickUs: number;
  readonly #startUs: number;
  readonly #directory: RoomDirectory;
  readonly #core: SessionCore;
  readonly #slowPeers: SlowPeers;
  readonly #bytes = new Uint8Array(HEADER_BYTES + MAX_SERVER_BODY);
  readonly #rooms: Room[] = [];
  readonly #forDelta = new Int32Array(MAX_SEATS);
  readonly #forFull = new Int32Array(MAX_SEATS);

  constructor(directory: RoomDirectory, core: SessionCore, slowPeers: SlowPeers, tickMs: number, startUs: number) {
    this.#directory = directory;
    this.#core = core;
    this.#slowPeers = slowPeers;
    this.tickMs = tickMs;
    this.#tickUs = tickMs * 1_000;
    this.#startUs = startUs;
  }

  /** Runs the tick that `nowUs` lies in, if it is a new one. Returns when it wants to be called next. */
  run(nowUs: number): number {
    const tick = Math.floor((nowUs - this.#startUs) / this.#tickUs) + 1;
    if (tick > this.tick) {
      this.tick = tick;
      const count = this.#directory.listedCount === 0 ? 0 : this.#directory.takeListed(this.#rooms);
      for (let i = 0; i < count; i++) this.#sendContained(this.#rooms[i]!, nowUs);
      this.#rooms.length = 0;
    }
    return this.#directory.listedCount === 0 ? Infinity : this.#startUs + this.tick * this.#tickUs;
  }

  /** A fault in one room keeps its news from its members for a tick, and nobody else's. */
  #sendContained(room: Room, nowUs: number): void {
    try {
      this.#send(room, nowUs);
    } catch (error) {
      this.#core.noteFault(-1, error);
    }
  }

  #send(room: Room, nowUs: number): void {
    const { gateway } = this.#core;
    let deltaCount = 0;
    let fullCount = 0;
    let hasChange = false;
    for (let seat = 0; seat < room.seatEnd; seat++) {
      hasChange ||= (room.marks[seat]! & CHANGED) !== 0;
      const slot = room.members[seat]! - 1;
      if (slot < 0 || !this.#canTake(room, seat, slot, nowUs)) continue;
      if ((room.marks[seat]! & NEEDS_FULL) === 0) {
        this.#forDelta[deltaCount++] = slot;
      } else {
        room.marks[seat]! &= ~NEEDS_FULL;
        this.#forFull[fullCount++] = slot;
      }
    }
    if (hasChange && deltaCount > 0) {
      const end = writeDelta(this.#bytes, room, this.tick, Math.floor(nowUs));
      gateway.sendMany(this.#forDelta, deltaCount, this.#bytes, 0, end);
      this.#count(deltaCount, end);
    }
    if (fullCount > 0) {
      // Without a change this is the state of an earlier tick, on which the next delta will stand.
      const end = writeFullState(this.#bytes, room, hasChange ? this.tick : room.lastTick, Math.floor(nowUs));
      gateway.sendMany(this.#forFull, fullCount, this.#bytes, 0, end);
      this.#count(fullCount, end);
    }
    if (hasChange) room.settle(this.tick);
  }

  /** False when this member gets nothing at this tick, because it does not read (S11). */
  #canTake(room: Room, seat: number, slot: number, nowUs: number): boolean {
    if (this.#core.isOver(slot)) return false;
    const verdict = this.#slowPeers.judge(slot, nowUs);
    if (verdict === FINE) return true;
    this.#core.counters.values[ROOM_STATES_SKIPPED]!++;
    if (verdict === CLOSE) this.#core.fault(slot, CODE_SLOW_CONSUMER, 0, 0, 0);
    else this.#directory.wantFull(room, seat);
    return false;
  }

  #count(receivers: number, bytes: number): void {
    const { values } = this.#core.counters;
    values[ROOM_STATES]! += receivers;
    values[PACKETS_OUT[ROOM_STATE]!]! += receivers;
    values[MESSAGES_OUT]! += receivers;
    values[BYTES_OUT]! += receivers * bytes;
  }
}
