import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import type { Report } from './report.js';

/** A report of the longest run is under 2 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The report of a run, from its directory or its report.json. Throws GWRK_REPORT_UNREADABLE on anything else. */
export async function loadReport(path: string): Promise<Report> {
  const unreadable = (summary: string, cause?: unknown): GwrkError =>
    new GwrkError('GWRK_REPORT_UNREADABLE', summary, { where: path, ...(cause !== undefined && { cause }) });
  let text: string;
  try {
    text = await readText((await stat(path)).isDirectory() ? join(path, 'report.json') : path);
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw unreadable(isAbsent ? 'there is no report.json' : error instanceof Error ? error.message : String(error), error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable('the report is not JSON', error);
  }
  const fault = misfit(value, SHAPE, 'report');
  if (fault !== undefined) throw unreadable(fault);
  return value as Report;
}

async function readText(path: string): Promise<string> {
  // Non-blocking, so that a pipe of that name cannot hold us.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`the file has ${size} bytes, a report has at most ${MAX_BYTES}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

type Shape =
  | 'string'
  | 'number'
  | 'number?'
  | 'string?'
  | 'boolean'
  | { readonly [key: string]: Shape }
  | readonly [Shape]
  | ((value: unknown, at: string) => string | undefined);

const oneOf =
  (...allowed: readonly string[]) =>
  (value: unknown, at: string): string | undefined =>
    allowed.includes(value as string) ? undefined : `${at} is not one of ${allowed.join(', ')}`;

/** Of reports by an older gwrk. */
const optional =
  (shape: Shape) =>
  (value: unknown, at: string): string | undefined =>
    value === undefined ? undefined : misfit(value, shape, at);

const each =
  (shape: Shape) =>
  (value: unknown, at: string): string | undefined => {
    if (!isObject(value)) return `${at} is not an object`;
    for (const [key, member] of Object.entries(value)) {
      const fault = misfit(member, shape, `${at}.${key}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

const METRICS: Readonly<Record<string, Shape>> = {
  trend: {
    count: 'number',
    min: 'number',
    avg: 'number',
    med: 'number',
    p90: 'number',
    p95: 'number',
    p99: 'number',
    p999: 'number',
    max: 'number',
  },
  counter: { count: 'number', rate: 'number?' },
  rate: { rate: 'number?', passes: 'number', fails: 'number' },
  gauge: { value: 'number' },
};

const metric = (value: unknown, at: string): string | undefined => {
  const shape = isObject(value) && typeof value.type === 'string' && Object.hasOwn(METRICS, value.type) ? METRICS[value.type] : undefined;
  return shape === undefined ? `${at} is not a metric` : misfit(value, shape, at);
};

const timeline = (value: unknown, at: string): string | undefined =>
  isObject(value) && typeof value.stepMs === 'number' ? undefined : `${at} has no stepMs`;

const hold = (value: unknown, at: string): string | undefined =>
  value === null || value === undefined
    ? undefined
    : misfit(value, { fromMs: 'number', untilMs: 'number', lagSamples: 'number', lagP99Ms: 'number?', lagLimitMs: 'number' }, at);

const delivery = (value: unknown, at: string): string | undefined =>
  value === undefined
    ? undefined
    : misfit(value, { sent: 'number', expected: 'number', received: 'number', reach: 'number?', spreadP99Ms: 'number?' }, at);

/** What the renderers rely on. Fields that later versions add are let through. */
const SHAPE: Shape = {
  schema: oneOf('gwrk/report/1'),
  scenario: 'string',
  startedAt: 'string',
  durationMs: 'number',
  transport: oneOf('uring', 'node'),
  transportReason: 'string',
  verdict: oneOf('pass', 'fail', 'invalid', 'interrupted'),
  exitCode: 'number',
  reason: 'string',
  findings: ['string'],
  clients: { planned: 'number', connected: 'number', ready: 'number', failed: 'number', peakOpen: 'number', lost: 'number' },
  ledger: { sent: 'number', ok: 'number', fail: 'number', indeterminate: 'number' },
  delivery,
  metrics: each(metric),
  tagged: optional(each(metric)),
  model: optional(oneOf('open', 'closed', 'mixed')),
  histograms: each('string'),
  thresholds: [
    {
      metric: 'string',
      expression: 'string',
      level: oneOf('error', 'warn'),
      verdict: oneOf('pass', 'fail', 'no-data'),
      actual: 'number?',
    },
  ],
  errors: [{ code: 'string', count: 'number', first: 'string' }],
  generator: {
    threads: 'number',
    rings: 'number',
    rssPeakBytes: 'number',
    bytesPerClient: 'number?',
    cpuSeconds: 'number',
    lagP99Ms: 'number?',
    hold,
    saturated: 'boolean',
    flags: optional([{ flag: 'string', level: oneOf('invalid', 'warn'), sentence: 'string' }]),
    connectsPerSecond: 'number?',
  },
  target: {
    pid: 'number?',
    rssPeakBytes: 'number?',
    cpuSeconds: 'number?',
    gcPerMinute: 'number?',
    opsSeen: 'number?',
    reason: 'string?',
    cpuCores: 'number?',
    threads: 'number?',
    fds: 'number?',
    processes: 'number?',
    startedChildren: 'number?',
    runWaitMsPerSecond: 'number?',
    gcMsPerSecond: 'number?',
    maxPauseMs: 'number?',
    elu: 'number?',
    loopDelayP99Ms: 'number?',
    heapUsedBytes: 'number?',
    restarts: 'number?',
    gcByKind: optional(each({ count: 'number', ms: 'number', maxPauseMs: 'number?' })),
    sources: optional([{ source: 'string', state: oneOf('ok', 'partial', 'missing'), reason: 'string?' }]),
  },
  timeline,
  seed: 'number',
  outline: 'string?',
};

/** The first place where a value does not have its shape. A ? allows null and absence. */
function misfit(value: unknown, shape: Shape, at: string): string | undefined {
  if (typeof shape === 'function') return shape(value, at);
  if (typeof shape === 'string') {
    const optional = shape.endsWith('?');
    if (optional && (value === null || value === undefined)) return undefined;
    const type = optional ? shape.slice(0, -1) : shape;
    return typeof value === type ? undefined : `${at} is not a ${type}`;
  }
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return `${at} is not a list`;
    const member = shape[0] as Shape;
    return value.map((item, index) => misfit(item, member, `${at}[${index}]`)).find((fault) => fault !== undefined);
  }
  if (!isObject(value)) return `${at} is not an object`;
  for (const [key, member] of Object.entries(shape as { readonly [key: string]: Shape })) {
    const fault = misfit(value[key], member, `${at}.${key}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
