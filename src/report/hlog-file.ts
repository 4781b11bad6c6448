import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { TREND_NAMES } from '../measure/metric-names.js';
import { baseTime, HLOG_FILE, hlogHead, renderHlog, wholeLines } from './hlog.js';
import type { IntervalLog } from './interval-log.js';
import type { Report } from './report.js';

const HEAD_BYTES = 1024;

/**
 * latency.hlog of a run that has just ended: its seconds, and before them, since lines stand in the order of their start, a
 * line of the whole run for what has no seconds: parts of the run, and what a driver measures.
 */
export async function* hlogOfRun(report: Report, log: IntervalLog): AsyncGenerator<string | Uint8Array> {
  const seconds = log.lines();
  const comment = log.lost > 0 ? `${log.lost} lines are missing: the disk was full` : undefined;
  yield hlogHead(report, comment) + wholeLines(report, (name) => !(TREND_NAMES as readonly string[]).includes(name));
  yield* seconds;
}

/** Whether `directory` holds the log of that run. It has what report.json has not, so it is never made anew. */
export async function hasHlog(report: Report, directory: string): Promise<boolean> {
  try {
    // Non-blocking, so that a pipe of that name cannot hold us.
    const file = await open(join(directory, HLOG_FILE), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    try {
      if (!(await file.stat()).isFile()) return false;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.toString('latin1', 0, bytesRead).split('\n').includes(baseTime(report));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** The log of a run from its directory; made from the report where there is none. */
export async function hlogFrom(report: Report, directory: string): Promise<string | AsyncIterable<Uint8Array>> {
  return (await hasHlog(report, directory)) ? createReadStream(join(directory, HLOG_FILE)) : renderHlog(report);
}
