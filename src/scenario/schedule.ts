/**
 * When clients come and go, by the plan alone: pure arithmetic, no clock. Any arrival can be asked for in any order, so a
 * worker that runs arrivals w, w + W, w + 2W, ... needs to know nothing of the others.
 *
 * ramping-clients. Let T(t) be the piecewise-linear target. A client comes each time the line, rising, reaches the next
 * whole number, and goes each time the line, falling, reaches the next one down. So the number of clients is exact at the
 * end of every stage and never more than one away from the line:
 *
 *    T |        ______            arrival k:   first t at which the sum of all rises is k + 1
 *      |      ,'      `.          departure j: first t at which the sum of all falls is j + 1
 *      |    ,'          `.
 *      |__,'______________`.__ t
 *
 * arrival rates. Let r(t) be the rate; the arrivals planned up to t are the area under it, A(t), and arrival k
 * comes when A(t) = k (the first one at once, where the rate is not zero). Within a stage of length D that goes from r0 to r1
 *
 *    r |        ,r1               A(t) = r0 t + (r1 - r0) t^2 / 2D
 *      |     ,'  |                solved for t, with a the area still missing at the start of the stage:
 *      |  ,'     |
 *      |r0   a   |                          2 a
 *      |____|____|__ t            t = ------------------------------------
 *           t    D                    r0 + sqrt(r0^2 + 2 a (r1 - r0) / D)
 *
 * (the usual root multiplied by its conjugate: it subtracts nothing, so r0 = r1 and r0 = 0 need no case of their own).
 */
import type { ExecutorSpec, Stage } from './plan.js';

export interface Schedule {
  /** Planned arrivals in all. */
  readonly arrivals: number;
  /** Intended start of arrival k (0 .. arrivals - 1), in microseconds since the scenario's start. Never falls with k. */
  arrivalUs(k: number): number;
  /** Planned departures: how often the stages take a client away. */
  readonly departures: number;
  /** When the number of clients must fall by one for the j-th time (0 .. departures - 1). Never falls with j. */
  departureUs(j: number): number;
  /** End of the last stage; gracefulStop comes after it. */
  readonly endUs: number;
  /** Most clients at one moment. */
  readonly maxClients: number;
}

/** The schedule of an executor. All figures are those of the whole run; shardCount() gives a worker's part. */
export function createSchedule(executor: ExecutorSpec): Schedule {
  switch (executor.kind) {
    case 'constant-clients':
      return allAtOnce(executor.clients, executor.durationUs);
    case 'per-client-iterations':
    case 'shared-iterations':
      return allAtOnce(executor.clients, executor.maxDurationUs);
    case 'ramping-clients':
      return clientStages(executor.startClients, executor.stages);
    case 'constant-arrival-rate': {
      const { ratePerSecond, durationUs, maxClients } = executor;
      return rateStages(ratePerSecond, [{ durationUs, target: ratePerSecond }], maxClients);
    }
    case 'ramping-arrival-rate':
      return rateStages(executor.startRatePerSecond, executor.stages, executor.maxClients);
  }
}

/** How many of the numbers 0 .. total - 1 belong to worker w of W: those equal to w modulo W. The sum over all w is total. */
export function shardCount(total: number, w: number, W: number): number {
  return w >= total ? 0 : Math.ceil((total - w) / W);
}

const never = (): number => Number.POSITIVE_INFINITY;

function allAtOnce(clients: number, endUs: number): Schedule {
  return { arrivals: clients, arrivalUs: () => 0, departures: 0, departureUs: never, endUs, maxClients: clients };
}

function clientStages(startClients: number, stages: readonly Stage[]): Schedule {
  const startsUs = stageStarts(stages);
  const rises = new Float64Array(stages.length + 1);
  const falls = new Float64Array(stages.length + 1);
  let from = startClients;
  let maxClients = startClients;
  rises[0] = startClients;
  for (const [i, { target }] of stages.entries()) {
    rises[i + 1] = rises[i]! + Math.max(0, target - from);
    falls[i + 1] = falls[i]! + Math.max(0, from - target);
    maxClients = Math.max(maxClients, target);
    from = target;
  }
  /** First time at which the sum is `level`, a whole number above sums[0]. */
  const reachedUs = (sums: Float64Array, level: number): number => {
    // The stage that ends at or above the level: level is in (sums[i], sums[i + 1]].
    const i = lastBelow(sums, level);
    const share = (level - sums[i]!) / (sums[i + 1]! - sums[i]!);
    return startsUs[i]! + stages[i]!.durationUs * share;
  };
  return {
    arrivals: rises[stages.length]!,
    arrivalUs: (k) => (k < startClients ? 0 : reachedUs(rises, k + 1)),
    departures: falls[stages.length]!,
    departureUs: (j) => reachedUs(falls, j + 1),
    endUs: startsUs[stages.length]!,
    maxClients,
  };
}

function rateStages(startRatePerSecond: number, stages: readonly Stage[], maxClients: number): Schedule {
  const startsUs = stageStarts(stages);
  const areas = new Float64Array(stages.length + 1);
  let from = startRatePerSecond;
  for (const [i, { durationUs, target }] of stages.entries()) {
    areas[i + 1] = areas[i]! + ((from + target) * durationUs) / 2e6;
    from = target;
  }
  const area = areas[stages.length]!;
  // Arrival k exists when A reaches k before the end. Sums like 0.3 * 10 come out a hair above 3: that hair is not an arrival.
  const arrivals = Math.max(0, Math.ceil(area - 1e-9 * Math.max(1, area)));
  return {
    arrivals,
    arrivalUs: (k) => {
      // The last stage that starts at or below k and has area: k is in [areas[i], areas[i + 1]).
      const i = lastAtOrBelow(areas, k);
      const { durationUs, target } = stages[i]!;
      const r0 = i === 0 ? startRatePerSecond : stages[i - 1]!.target;
      const missing = k - areas[i]!;
      if (missing <= 0) return startsUs[i]!;
      const timeS = (2 * missing) / (r0 + Math.sqrt(Math.max(0, r0 * r0 + (2e6 * missing * (target - r0)) / durationUs)));
      return startsUs[i]! + Math.min(durationUs, timeS * 1e6);
    },
    departures: 0,
    departureUs: never,
    endUs: startsUs[stages.length]!,
    maxClients: Math.min(maxClients, arrivals),
  };
}

/** Where each stage starts, and at the end where the last one ends. */
function stageStarts(stages: readonly Stage[]): Float64Array {
  const startsUs = new Float64Array(stages.length + 1);
  for (const [i, { durationUs }] of stages.entries()) startsUs[i + 1] = startsUs[i]! + durationUs;
  return startsUs;
}

/** The largest i with sums[i] < level, for sums that never fall and sums[0] < level. */
function lastBelow(sums: Float64Array, level: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sums[middle]! < level) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The largest i with sums[i] <= level, for sums that never fall and sums[0] <= level. */
function lastAtOrBelow(sums: Float64Array, level: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sums[middle]! <= level) low = middle;
    else high = middle - 1;
  }
  return low;
}
