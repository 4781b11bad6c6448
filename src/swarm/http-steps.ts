import type { TransportEvents } from '../net/transport.js';
import type { Flow } from './flow.js';

/** What the parts of a worker ask of the one that does http steps. */
export interface HttpSteps {
  /** The time at which bytes come in. */
  nowUs: number;
  /** The flow of this row is at the http step `pc`. True when it goes on at once, because the step cannot be done. */
  request(flow: Flow, row: number, pc: number, nowUs: number): boolean;
  /** The answer that this client waits for has not come in its time. */
  overdue(row: number, nowUs: number): void;
  /** The client waits for no answer any more. */
  abandon(row: number, nowUs: number): void;
  /** The run is over. */
  abandonAll(nowUs: number): void;
  /** The client's own connection, to a target that speaks HTTP, stands; it has ended. */
  opened(row: number, nowUs: number): void;
  closed(row: number, errno: number, nowUs: number): void;
  /** The events of the transport, for the clients' rows those of `clients`. */
  eventsFor(clients: TransportEvents): TransportEvents;
}
