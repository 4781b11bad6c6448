import * as P from '../src/protocol/packet.js';
import { REPLACED, REVOKED } from './counters.js';
import type { ReplacedMessage, RevokeMessage } from './gateway-messages.js';
import type { SessionCore } from './session-core.js';
import type { SessionIndex } from './session-index.js';
import type { SigningMemory } from './session-signing.js';
import type { SessionTakeovers } from './threads/session-takeovers.js';

/** Closes the connections whose session ended, or went over to another thread. */
export class SessionEndings {
  readonly #core: SessionCore;
  readonly #index: SessionIndex;
  readonly #signing: SigningMemory;
  readonly #takeovers: SessionTakeovers | undefined;

  constructor(core: SessionCore, index: SessionIndex, signing: SigningMemory, takeovers: SessionTakeovers | undefined) {
    this.#core = core;
    this.#index = index;
    this.#signing = signing;
    this.#takeovers = takeovers;
  }

  /** Closes the connections of sessions that are gone and frees what those sessions kept. */
  revoke({ sids, code }: RevokeMessage): void {
    for (let at = 0; at + 16 <= sids.length; at += 16) {
      const slot = this.#index.find(sids, at);
      if (slot >= 0 && !this.#core.isOver(slot)) {
        this.#core.counters.values[REVOKED]!++;
        this.#core.fault(slot, code, 0, 0, 0);
      }
      this.#signing.forget(sids, at);
    }
  }

  /** A connection on another thread has the session now, unless this thread's is newer still. */
  replace({ sid, claim }: ReplacedMessage): void {
    const slot = this.#index.find(sid, 0);
    if (slot < 0 || this.#core.isOver(slot) || !this.#takeovers!.isBefore(slot, claim)) return;
    this.#core.counters.values[REPLACED]!++;
    this.#core.fault(slot, P.CODE_REPLACED, 0, 0, 0);
  }
}
