import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseJson, readBody, sendJson, sendTooLarge } from '../http-exchange.js';
import { LimitsReader, ROOM_LIMIT_BOUNDS, ROOM_LIMIT_NAMES, type RoomLimits, replaceRoomLimits } from './room-limits.js';

const MAX_BODY_BYTES = 4_096;

/** GET and PUT /admin/v1/limits, behind the bearer of the admin port: what holds for rooms, changed without a restart. */
export class LimitsRoute {
  readonly #buffer: SharedArrayBuffer;
  readonly #reader: LimitsReader;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#reader = new LimitsReader(buffer);
  }

  /** False when the route is another one. */
  handles(route: string): boolean {
    return route === 'GET /admin/v1/limits' || route === 'PUT /admin/v1/limits';
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'PUT') {
      const body = await readBody(request, MAX_BODY_BYTES);
      if (body === undefined) return sendTooLarge(response, MAX_BODY_BYTES);
      this.#reader.refresh();
      const limits = changed(this.#reader.current, parseJson(body));
      if (typeof limits === 'string') return sendJson(response, 400, { error: 'INVALID_LIMITS', detail: limits });
      replaceRoomLimits(this.#buffer, limits);
    }
    this.#reader.refresh();
    sendJson(response, 200, { version: this.#reader.version, ...this.#reader.current });
  }
}

/** The limits with the given changes, or what is wrong with them. */
export function changed(current: RoomLimits, changes: unknown): RoomLimits | string {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return 'a JSON object is needed';
  const limits: Record<string, number> = { ...current };
  for (const [name, value] of Object.entries(changes)) {
    if (!(ROOM_LIMIT_NAMES as readonly string[]).includes(name)) return `${name}: one of ${ROOM_LIMIT_NAMES.join(', ')}`;
    const [least, most] = ROOM_LIMIT_BOUNDS[name as keyof RoomLimits];
    if (!Number.isInteger(value) || value < least || value > most) return `${name}: an integer from ${least} to ${most}`;
    limits[name] = value;
  }
  if (limits.slowBytes! >= limits.lostBytes!) return 'slowBytes: less than lostBytes';
  return limits as unknown as RoomLimits;
}
