import type { FeederPlan } from './feeder.js';
import type { Program } from './program.js';

export interface Stage {
  readonly durationUs: number;
  readonly target: number;
}

export type ExecutorSpec =
  | { readonly kind: 'constant-clients'; readonly clients: number; readonly durationUs: number }
  | { readonly kind: 'ramping-clients'; readonly startClients: number; readonly stages: readonly Stage[] }
  | { readonly kind: 'per-client-iterations'; readonly clients: number; readonly iterations: number; readonly maxDurationUs: number }
  | { readonly kind: 'shared-iterations'; readonly clients: number; readonly iterations: number; readonly maxDurationUs: number }
  | { readonly kind: 'constant-arrival-rate'; readonly ratePerSecond: number; readonly durationUs: number; readonly maxClients: number }
  | {
      readonly kind: 'ramping-arrival-rate';
      readonly startRatePerSecond: number;
      /** Stage.target is arrivals a second. */
      readonly stages: readonly Stage[];
      readonly maxClients: number;
    };

/** What a client does when its flow is over. */
export type AfterFlow = 'hold' | 'repeat' | 'leave';

/** One scenario of the file, resolved: every default filled in, every unit a number. */
export interface ScenarioPlan {
  readonly name: string;
  readonly executor: ExecutorSpec;
  readonly startTimeUs: number;
  readonly gracefulStopUs: number;
  readonly afterFlow: AfterFlow;
  /** At that time after its start that share of its ready clients loses its connection. */
  readonly storm?: { readonly atUs: number; readonly share: number };
  readonly program: Program;
  /** The file of its driver, and the directory of the scenario file. */
  readonly driver?: { readonly file: string; readonly path: string; readonly base: string };
}

/** The file, resolved and printable (`--dry-run`). Plain data. */
export interface Plan {
  readonly name: string;
  /** SHA-256 of the resolved scenario, hex: what makes two runs comparable. */
  readonly hash: string;
  readonly target: string;
  /** A quick command line against a plain stream: the framing is that of an echo of its body. */
  readonly assumesEcho?: boolean;
  readonly scenarios: readonly ScenarioPlan[];
  /** In the order of the file; `{{ }}` values name them by index. */
  readonly feeders: readonly FeederPlan[];
  /** Names of captures over all scenarios; `{{ }}` values name them by index. */
  readonly captures: readonly string[];
  readonly serve?: { readonly command: string; readonly ready: string; readonly env: Readonly<Record<string, string>> };
  /** Where the target's metrics are scraped (Prometheus). */
  readonly targetMetrics?: string;
  readonly threads: number | 'auto';
  readonly transport: 'auto' | 'uring' | 'node';
  readonly sourceIps: readonly string[];
  /** At most this many connections being opened at once, over all workers. */
  readonly maxConnecting: number;
  readonly thresholds: readonly ThresholdSpec[];
  /** Labels of the run: those that no two scenarios say differently. */
  readonly tags: Readonly<Record<string, string>>;
  /** The tags of each scenario, in their order; absent: none has any. */
  readonly scenarioTags?: readonly Readonly<Record<string, string>>[];
  readonly seed: number;
  /** Most clients that can exist at one moment, over all scenarios. */
  readonly maxClients: number;
  /** From the common start to the end of the last scenario, without gracefulStop. */
  readonly durationUs: number;
}

export interface ThresholdSpec {
  readonly metric: string;
  readonly expression: string;
  readonly level: 'error' | 'warn';
  readonly abortOnFail: boolean;
  readonly delayAbortEvalUs: number;
}
