import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../house/source-tree.js';

interface RatioOracle {
  readonly estimate: number;
  readonly lo: number;
  readonly hi: number;
  readonly coverage: number;
  readonly k: number;
}

interface SeriesOracle {
  readonly series: number[];
  readonly window: number;
  readonly max_pvalue: number;
  readonly min_magnitude?: number;
  readonly change_points: number[];
  readonly p: number | number[];
}

/** Computed with scipy and by enumeration; not by gwrk. */
export const oracles = JSON.parse(readFileSync(join(root, 'test/statistics/oracles.json'), 'utf8')) as {
  mann_whitney: Record<
    string,
    {
      base: number[];
      cand: number[];
      U_cand: number;
      A12: number;
      perm_count: number;
      perm_total: number;
      p_one_sided_exact_midrank: number;
      p_one_sided_asymptotic_cc: number;
      ratio_HL_95: RatioOracle;
      ratio_HL_90: RatioOracle;
    }
  >;
  paired: {
    base: number[];
    cand: number[];
    log_ratio: number[];
    wilcoxon_W_plus: number;
    p_greater: number;
    p_two_sided: number;
    walsh_HL: number;
    ci95: Omit<RatioOracle, 'estimate'>;
    ci90: Omit<RatioOracle, 'estimate'>;
  };
  median_ci_order_stats_95: Record<string, [number, number, number]>;
  quantile_ci_ranks_95: Record<string, [number, number, number]>;
  holm: { p: number[]; adjusted: number[] };
  welch_O2_greater: Record<'t' | 'df' | 'p' | 'log_t' | 'log_df' | 'log_p', number>;
  e_divisive: {
    E1: SeriesOracle & { first_qhat: number; second_qhat: number };
    E2: SeriesOracle & { whole_series_qhat: number; mean_before: number; mean_after: number };
    E3: SeriesOracle & { first_qhat: number; second_qhat: number; means: number[] };
  };
};

/** Equal to 1e-9, relative where the expected value is larger than 1. */
export function close(actual: number, expected: number, what = 'value'): void {
  const off = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  assert.ok(off <= 1e-9, `${what}: ${actual}, expected ${expected}`);
}

/** Equal to 1e-9 of the expected value, however small it is. */
export function closeRelative(actual: number, expected: number, what = 'value'): void {
  assert.ok(Math.abs(actual / expected - 1) <= 1e-9, `${what}: ${actual}, expected ${expected}`);
}
