/** What gateway threads ask the shared store over the main thread, and its verdicts. */

/** Verdicts of the store. */
export const STORE_NO = 0;
export const STORE_YES = 1;
/** It has no answer. */
export const STORE_DOWN = 2;
export const NOT_ASKED = 3;

/** What a gateway thread asks the shared store over the main thread. */
export interface StoreQuestion {
  readonly type: 'ask';
  /** Does the session stand, with the token `proof` (16 bytes)? Is one more critical operation, with the nonce `proof` (8 bytes), allowed? */
  readonly what: 'admit' | 'operation';
  readonly slot: number;
  /** Number of the question: the slot may hold another connection when the answer comes. */
  readonly number: number;
  readonly uid: string;
  /** 16 bytes. */
  readonly sid: Uint8Array;
  readonly proof: Uint8Array;
}

export interface StoreAnswer {
  readonly type: 'answer';
  readonly slot: number;
  readonly number: number;
  /** STORE_NO, STORE_YES or STORE_DOWN. */
  readonly verdict: number;
}

/** A packet that waits for a verdict. */
export interface StoreAsker {
  /** Asks for the packet bytes[at..end) of a slot, which waits from now on. Always true. */
  ask(question: Pick<StoreQuestion, 'what' | 'slot' | 'uid' | 'sid' | 'proof'>, bytes: Uint8Array, at: number, end: number): true;
}
