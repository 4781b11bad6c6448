import type { GateFlags } from './gate-flags.js';
import type { PipelineFlags } from './pipeline-flags.js';

/** The flags of `gwrk ab`. */
export interface AbFlags extends GateFlags, PipelineFlags {
  readonly pairs: number;
  readonly a: string;
  readonly b: string;
  readonly aEnv: Readonly<Record<string, string>>;
  readonly bEnv: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly set: readonly string[];
  readonly seed?: number;
  readonly threads?: number;
  readonly transport?: string;
  readonly sourceIp: readonly string[];
  readonly allowTarget: readonly string[];
  readonly dryRun?: boolean;
  readonly out: string;
  readonly json?: string;
  readonly markdown?: string;
  readonly junit?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}
