import { decodeFromCompressedBase64, HistogramLogReader, type JsHistogram } from 'hdr-histogram-js';
import type { Report } from '../../src/report/report.js';

/** All lines of one tag together, as hdr-histogram-js reads them. */
export interface TagOfLog {
  readonly merged: JsHistogram;
  /** Of each line, in milliseconds from the start of the run. */
  readonly spans: (readonly [fromMs: number, untilMs: number])[];
}

export function readLog(text: string, { startedAt }: Pick<Report, 'startedAt'>): Map<string, TagOfLog> {
  const reader = new HistogramLogReader(text, 64);
  const tags = new Map<string, TagOfLog>();
  for (let line = reader.nextIntervalHistogram(); line; line = reader.nextIntervalHistogram()) {
    const histogram = line as JsHistogram;
    const span = [line.startTimeStampMsec, line.endTimeStampMsec].map((ms) => Math.round(ms - Date.parse(startedAt)));
    const known = tags.get(line.tag);
    known?.merged.add(histogram);
    const tag = known ?? { merged: histogram, spans: [] };
    tag.spans.push(span as [number, number]);
    tags.set(line.tag, tag);
  }
  return tags;
}

/** What the log has otherwise than report.json, to the single sample: a name each; none when they say the same. */
export function differencesOf(text: string, report: Report): string[] {
  const tags = readLog(text, report);
  const names = new Set([...tags.keys(), ...Object.keys(report.histograms)]);
  return [...names].filter((name) => {
    const [logged, kept] = [tags.get(name)?.merged, report.histograms[name]];
    if (logged === undefined || kept === undefined) return true;
    const whole = decodeFromCompressedBase64(kept, 64) as JsHistogram;
    if (logged.totalCount !== whole.totalCount) return true;
    for (let bucket = 0; bucket < 18_432; bucket++) if (logged.getCountAtIndex(bucket) !== whole.getCountAtIndex(bucket)) return true;
    const metric = report.metrics[name] ?? report.tagged?.[name];
    if (metric?.type !== 'trend') return true;
    // The report knows the exact ends, a histogram only their buckets.
    const ms = (percent: number): number => Math.max(metric.min, Math.min(metric.max, logged.getValueAtPercentile(percent) / 1000));
    return ms(50) !== metric.med || ms(99) !== metric.p99 || ms(99.9) !== metric.p999;
  });
}
