import type { GatewayHandler } from './gateway/gateway.js';
import type { ToGatewayThread } from './gateway-messages.js';

/** What a gateway thread asks of its handler beside the gateway's events. */
export interface ThreadHandler extends GatewayHandler {
  /** Asks every client to leave. Called once, after the gateway stopped accepting. */
  drain(nowUs: number): void;
  /** A message of the main thread. */
  receive(message: ToGatewayThread, nowUs: number): void;
}
