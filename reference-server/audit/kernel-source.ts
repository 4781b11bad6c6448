import type { KernelEvent } from './kernel-event.js';

export interface SourceOptions {
  readonly pid: number;
  readonly port: number;
  /** Times as the source has them; kernel-events.ts takes out the offset. */
  readonly onEvent: (event: KernelEvent) => void;
  readonly onEnd: (reason: string) => void;
}

/** A way to hear of kernel events. attach() rejects with an Error whose message says why it does not work here. */
export interface KernelEventSource {
  readonly name: 'bpftrace' | 'tracefs';
  attach(options: SourceOptions): Promise<AttachedSource>;
}

export interface AttachedSource {
  drops(): number;
  stop(): Promise<void>;
}
