/** A rules text of more bytes than this is refused, wherever it comes from. */
export const MAX_RULES_BYTES = 1_048_576;

/** What a source tells. It may tell the same text again and again: the receiver takes notice of changes only. */
export interface RuleListener {
  /** The whole text as it stands at the source now. */
  onText(text: string): void;
  /** The source can be read and says that nothing has changed since its last text. */
  onUnchanged(): void;
  /** The source could not be read; `reason` is one line and holds no secret. */
  onTrouble(reason: string): void;
}

/** A place that rules come from. It never judges a text, and what it cannot read changes nothing. */
export interface RuleSource {
  /** For people and the audit: an address without secrets. */
  readonly name: string;
  /** Reads the first text and then follows it. */
  start(listener: RuleListener): void;
  /** Ends every timer, watch and request; nothing is told afterwards. */
  stop(): void;
}

/** One run of one timer at a time; tests inject their own. */
export interface SourceTimers {
  /** Milliseconds that only go up. */
  nowMs(): number;
  /** Calls `run` once after `delayMs` and returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemTimers: SourceTimers = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** What went wrong, in one line that is fit for a terminal and for people. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  const text = message || code || String(error);
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/gu, ' ').slice(0, 300);
}
