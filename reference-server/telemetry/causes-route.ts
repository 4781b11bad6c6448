import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cause, CauseKind } from '../../src/core/cause.js';
import type { Clock } from '../../src/core/clock.js';
import { type KernelEvents, plainEnd } from '../audit/kernel-event.js';
import { sendJson } from '../http-exchange.js';
import type { CauseLog } from './cause-log.js';
import { SLOW_CALL_US } from './timed-store.js';
import { LONG_TURN_US } from './turn-times.js';

export interface CausesRouteOptions {
  readonly clock: Clock;
  readonly causes: CauseLog;
  /** Gateway threads. */
  readonly threads: number;
  /** Queues that an operation may wait in, each in one of them: those to the logic workers. */
  readonly queues: number;
  /** Whether operations wait for the store (a shared window of critical operations does). */
  readonly operationsAskStore: boolean;
  /** Undefined while nobody watches the kernel. */
  readonly kernel: () => Pick<KernelEvents, 'source' | 'reasons' | 'drops'> | undefined;
}

/** The answer of GET /admin/v1/causes?since=<clock microseconds>; its reader is src/report/causes.ts. */
export interface CausesAnswer {
  readonly schema: 'gwrk/causes/1';
  /** The server's clock at this answer: CLOCK_MONOTONIC of the machine whose boot has this id, microseconds. */
  readonly nowUs: number;
  readonly bootId: string;
  readonly threads: number;
  readonly queues: number;
  readonly operationsAskStore: boolean;
  /** What told of retransmits; `none` when nobody did, and why. */
  readonly kernel: { readonly source: string; readonly reasons: readonly string[]; readonly drops: number };
  /** What is shorter is not in the log. */
  readonly longTurnUs: number;
  readonly slowCallUs: number;
  readonly completeFromUs: Readonly<Record<CauseKind, number>>;
  readonly causes: readonly Cause[];
}

const NOT_WATCHED = { source: 'none', reasons: ['kernel events are not watched'], drops: 0 };

/** Answers 400 when `since` is no time. Without it, the whole log. */
export function answerCauses(options: CausesRouteOptions, request: IncomingMessage, response: ServerResponse): void {
  const since = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('since') ?? 0);
  if (!Number.isFinite(since) || since < 0) {
    sendJson(response, 400, { error: 'MALFORMED', detail: 'since: microseconds of the monotonic clock' });
    return;
  }
  sendJson(response, 200, causesAnswer(options, since));
}

function causesAnswer({ clock, causes, threads, queues, operationsAskStore, kernel }: CausesRouteOptions, sinceUs: number): CausesAnswer {
  const { source, reasons, drops } = kernel() ?? NOT_WATCHED;
  return {
    schema: 'gwrk/causes/1',
    nowUs: clock.nowUs(),
    bootId: bootId(),
    threads,
    queues,
    operationsAskStore,
    kernel: { source, reasons, drops },
    longTurnUs: LONG_TURN_US,
    slowCallUs: SLOW_CALL_US,
    ...causes.since(sinceUs),
  };
}

/** Names this boot of this machine: two processes that read the same one share a monotonic clock. Empty where there is none. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

/** The retransmit as a cause. Addresses are written plainly: an IPv4-mapped one as IPv4. */
export function retransmitCause(monoNs: number, local: string, remote: string): Cause {
  const atUs = monoNs / 1e3;
  return { kind: 'RETRANSMIT', startUs: atUs, endUs: atUs, local: plainEnd(local), remote: plainEnd(remote) };
}
