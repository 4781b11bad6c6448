import type { TargetRecord } from '../report/report.js';
import type { WatchedTarget } from '../target/target-watch.js';

/** What the sources know about the target, as it stands in a report: null where none of them knows, and the reason. */
export function targetRecord(url: string, pid: number | undefined, { figures, sources }: WatchedTarget): TargetRecord {
  const { rssPeakBytes = null, cpuSeconds = null, gcPerMinute = null, opsSeen = null, ...more } = figures;
  const reasonOf = (name: string): string[] =>
    sources.flatMap(({ source, state, reason }) => (source === name && state === 'missing' && reason !== undefined ? [reason] : []));
  const gcReasons = ['server', 'inspector', 'metrics'].flatMap(reasonOf);
  const reasons = [
    ...(rssPeakBytes === null || cpuSeconds === null ? reasonOf('process') : []),
    ...(gcPerMinute !== null ? [] : gcReasons.length > 0 ? gcReasons : ['the target does not report its garbage collections']),
  ];
  return {
    url,
    pid: pid ?? null,
    rssPeakBytes,
    cpuSeconds,
    gcPerMinute,
    opsSeen,
    ...more,
    sources,
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
  };
}
