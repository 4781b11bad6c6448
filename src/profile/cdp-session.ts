import inspector from 'node:inspector';
import { GwrkError } from '../core/errors.js';

/** What a profile needs of an inspector: calls and events of the Chrome DevTools Protocol. Inspector is one. */
export interface CdpSession {
  send(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown>>;
  on(event: string, handler: (params: Record<string, unknown>) => void): void;
  close(): Promise<void>;
}

/** The inspector of this very process, without a port: for those who tune gwrk. */
export class OwnSession implements CdpSession {
  readonly #session = new inspector.Session();

  constructor() {
    this.#session.connect();
  }

  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, params, (error, result) => {
        if (error) reject(new GwrkError('GWRK_FLAME_FAILED', `${method}: ${error.message}`));
        else resolve((result ?? {}) as Record<string, unknown>);
      });
    });
  }

  on(event: string, handler: (params: Record<string, unknown>) => void): void {
    this.#session.on(event, (message: { params?: Record<string, unknown> }) => handler(message.params ?? {}));
  }

  close(): Promise<void> {
    this.#session.disconnect();
    return Promise.resolve();
  }
}
