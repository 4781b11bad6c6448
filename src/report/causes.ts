/** What a server's log of causes says (docs/server.md, "Why was it slow"): read from its admin port, kept beside the run. */
import { CAUSE_KINDS, type Cause, type CauseKind } from '../core/cause.js';

/** The server's causes during a run, and what that server is like. */
export interface ServerCauses {
  /** Gateway threads. */
  readonly threads: number;
  /** Queues that an operation may wait in: it is in one of them. */
  readonly queues: number;
  /** Whether signed operations wait for the store. */
  readonly operationsAskStore: boolean;
  /** What watched for retransmits, "bpftrace" or "none", and the reasons for that. */
  readonly kernel: { readonly source: string; readonly reasons: readonly string[]; readonly drops: number };
  /** By kind: since when nothing is missing. */
  readonly completeFromUs: Readonly<Partial<Record<CauseKind, number>>>;
  /** How exactly the server's clock is known in the run's; 0 on one machine. */
  readonly clockErrorUs: number;
  readonly causes: readonly Cause[];
}

/** The causes of a run, or why there are none. */
export type RunCauses = ServerCauses | { readonly unknown: string };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for what may stand in a list of causes; what has another form, such as a kind of a newer server, is left out. */
export function isCause(value: unknown): value is Cause {
  if (!isRecord(value)) return false;
  const { kind, startUs, endUs } = value;
  return (
    CAUSE_KINDS.includes(kind as CauseKind) &&
    Number.isFinite(startUs) &&
    Number.isFinite(endUs) &&
    (startUs as number) <= (endUs as number) &&
    ['thread', 'pauseUs'].every((key) => value[key] === undefined || Number.isFinite(value[key])) &&
    ['local', 'remote', 'name'].every((key) => value[key] === undefined || typeof value[key] === 'string')
  );
}

/** The facts of an answer or of a file without its list of causes; undefined when it has another form. */
export function serverFacts(value: unknown): Omit<ServerCauses, 'causes' | 'clockErrorUs'> | undefined {
  if (!isRecord(value) || value.schema !== 'gwrk/causes/1') return undefined;
  const { threads, queues, operationsAskStore, kernel, completeFromUs } = value;
  if (typeof threads !== 'number' || !isRecord(kernel) || typeof kernel.source !== 'string' || !isRecord(completeFromUs)) return undefined;
  const known = CAUSE_KINDS.filter((kind) => typeof completeFromUs[kind] === 'number');
  return {
    threads,
    queues: typeof queues === 'number' ? queues : 0,
    operationsAskStore: operationsAskStore === true,
    kernel: {
      source: kernel.source,
      reasons: Array.isArray(kernel.reasons) ? kernel.reasons.filter((reason) => typeof reason === 'string') : [],
      drops: typeof kernel.drops === 'number' ? kernel.drops : 0,
    },
    completeFromUs: Object.fromEntries(known.map((kind) => [kind, completeFromUs[kind] as number])),
  };
}

/** The same log by a clock that shows `offsetUs` less. */
export function shifted({ completeFromUs, causes, ...rest }: ServerCauses, offsetUs: number): ServerCauses {
  const kinds = Object.entries(completeFromUs) as [CauseKind, number][];
  return {
    ...rest,
    completeFromUs: Object.fromEntries(kinds.map(([kind, us]) => [kind, us - offsetUs])),
    causes: causes.map((cause) => ({ ...cause, startUs: cause.startUs - offsetUs, endUs: cause.endUs - offsetUs })),
  };
}
