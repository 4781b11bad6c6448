import type { Plan } from '../scenario/plan.js';
import { createSchedule, type Schedule } from '../scenario/schedule.js';

/**
 * How many clients the plan wants there at a moment of the run (microseconds since the common start); undefined after its end. A plan
 * whose clients leave when they are done (iterations, arrival rates) has no such number: then undefined instead of the function.
 */
export function plannedClientsAt(plan: Plan): ((elapsedUs: number) => number | undefined) | undefined {
  if (!plan.scenarios.every(({ executor }) => executor.kind === 'constant-clients' || executor.kind === 'ramping-clients'))
    return undefined;
  const schedules = plan.scenarios.map(({ executor, startTimeUs }) => ({ schedule: createSchedule(executor), startTimeUs }));
  return (elapsedUs) => {
    if (elapsedUs > plan.durationUs) return undefined;
    return schedules.reduce((sum, { schedule, startTimeUs }) => sum + thereAt(schedule, elapsedUs - startTimeUs), 0);
  };
}

function thereAt(schedule: Schedule, us: number): number {
  if (us < 0 || us > schedule.endUs) return 0;
  const arrived = countUntil(us, schedule.arrivals, (k) => schedule.arrivalUs(k));
  return arrived - countUntil(us, schedule.departures, (j) => schedule.departureUs(j));
}

/** How many of 0 .. total - 1 are due by then; the times never fall. */
function countUntil(us: number, total: number, dueUs: (index: number) => number): number {
  let [low, high] = [0, total];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (dueUs(middle) <= us) low = middle + 1;
    else high = middle;
  }
  return low;
}
