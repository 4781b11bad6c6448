import type { SessionCore } from '../session-core.js';
import type { SlowPeers } from '../session-slow.js';
import { LocalRooms } from './local-rooms.js';
import type { LogicLink } from './logic-link.js';
import { RemoteRooms } from './remote-rooms.js';
import type { RoomAnswers } from './room-answer.js';
import type { RoomHost } from './room-host.js';
import { createRoomLimits, LimitsReader } from './room-limits.js';
import { StateDelivery } from './state-delivery.js';

export interface RoomOptions {
  /** Rooms 0 .. rooms - 1 exist. */
  readonly rooms: number;
  readonly roomTickMs: number;
  /** room-limits.ts; the default ones, for ever, when absent. */
  readonly limits?: SharedArrayBuffer;
  /** Present where rooms live with logic workers. */
  readonly logic?: LogicLink;
}

/** The rooms of a gateway thread. `answers` gets what comes later, which happens with logic workers only. */
export function createRooms(
  options: RoomOptions,
  core: SessionCore,
  slowPeers: SlowPeers,
  answers: RoomAnswers,
  startUs: number,
): RoomHost {
  const delivery = new StateDelivery(core, slowPeers);
  const limits = new LimitsReader(options.limits ?? createRoomLimits());
  slowPeers.limits = limits.current;
  if (options.logic !== undefined) return new RemoteRooms(options.logic, core, delivery, answers, limits);
  return new LocalRooms(core, delivery, options.rooms, options.roomTickMs, startUs, limits);
}
