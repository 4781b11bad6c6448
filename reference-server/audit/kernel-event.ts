/**
 * What the kernel saw of this process, whichever source told it (kernel-events.ts tries them). `gwrk why` and the packet-loss
 * drill stand on this form too. In the audit log such an event is a line
 * `{"ev":"kernel.retransmit","source":"bpftrace","mono":123,"wall":...,"pid":1,"tid":1,"local":"10.0.0.1:9000","remote":"10.0.0.2:41000",...}`:
 * `kernel.` and the kind, then the fields below by the same names, with monoNs as `mono`.
 */
export interface KernelEvent {
  /** exec: a program begins; open: openat was called; connect: a TCP connect went out; retransmit: a TCP segment was sent again. */
  readonly kind: 'exec' | 'open' | 'connect' | 'retransmit';
  /** CLOCK_MONOTONIC in nanoseconds (process.hrtime's time), the offset of the source's clock taken out. */
  readonly monoNs: number;
  /** Who ran when it happened. A retransmit comes from a timer of the kernel: its pid and tid say nothing and are 0. */
  readonly pid: number;
  readonly tid: number;
  /** exec, and open where the source has it (tracefs has none for open). */
  readonly path?: string;
  /** open: the mode argument, which marks our own trial opens. */
  readonly mode?: number;
  /**
   * connect and retransmit: "ip:port" (IPv6 in brackets), `local` being the side that sent. With both ends on one machine a
   * retransmit of the client's has the client as `local`: compare both ways round (sameEnds).
   */
  readonly local?: string;
  readonly remote?: string;
}

export type KernelSource = 'bpftrace' | 'tracefs' | 'none';

/** What --kernel-events takes. */
export const KERNEL_EVENTS_CHOICES = ['auto', 'bpftrace', 'tracefs', 'none'] as const;
export type KernelEventsChoice = (typeof KERNEL_EVENTS_CHOICES)[number];

export interface KernelEventsOptions {
  readonly choice: KernelEventsChoice;
  /** Whose exec, open and connect are told, its children's exec included. */
  readonly pid: number;
  /** Retransmits from and to this TCP port are told. */
  readonly port: number;
  readonly onEvent: (event: KernelEvent) => void;
  /** The source ended by itself; no more events come. */
  readonly onEnd: (reason: string) => void;
}

/** A running source of kernel events. */
export interface KernelEvents {
  readonly source: KernelSource;
  /** Why each source that stands before this one did not work, "bpftrace: not found", in the order of the trials; then what works. */
  readonly reasons: readonly string[];
  /** How far the source's clock was from ours, and how exactly that is known, in nanoseconds. */
  readonly offsetNs: number;
  readonly offsetErrorNs: number;
  /** Events that the kernel or the source dropped so far. */
  readonly drops: number;
  stop(): Promise<void>;
}

/** True when the two ends of a TCP event are these two, whichever of them sent. IPv4-mapped addresses are IPv4. */
export function sameEnds(event: Pick<KernelEvent, 'local' | 'remote'>, one: string, other: string): boolean {
  if (event.local === undefined || event.remote === undefined) return false;
  const [local, remote, a, b] = [plainEnd(event.local), plainEnd(event.remote), plainEnd(one), plainEnd(other)];
  return (local === a && remote === b) || (local === b && remote === a);
}

/** "[::ffff:10.0.0.1]:80" and "::ffff:10.0.0.1:80" -> "10.0.0.1:80"; anything else as it is. */
export function plainEnd(end: string): string {
  return end.replace(/^\[?::ffff:(\d+\.\d+\.\d+\.\d+)\]?:(\d+)$/iu, '$1:$2');
}
