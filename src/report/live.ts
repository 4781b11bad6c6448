import type { LiveFigures, LiveTrend } from './live-figures.js';
import { printable } from './printable.js';
import { formatClock, formatCount, formatMs, formatRate } from './quantity.js';

export interface LiveOptions {
  readonly isTty: boolean;
  /** Width of the terminal as it is now. */
  readonly columns: () => number;
  /** Its height; a block that does not fit could not be drawn again in its place. */
  readonly rows: () => number;
  readonly color: boolean;
  readonly write: (text: string) => void;
  /** Nothing at all is written. */
  readonly quiet?: boolean;
}

/** What a person watches while a run goes on. */
export interface LiveView {
  /** Once a second. */
  update(figures: LiveFigures): void;
  /** A line that stays; what is drawn again each second goes on below it. */
  note(line: string): void;
  /** Leaves what stands on the screen; the next update begins a new block below it. */
  close(): void;
}

/** Lag beyond this is said in colour: the floor of a timer (src/report/saturation.ts). */
const LAG_FLOOR_MS = 5;

/** On a terminal a block that is drawn again in place, elsewhere one line a second. */
export function createLiveView(options: LiveOptions): LiveView {
  const { isTty, write, quiet = false } = options;
  /** Letters of each line of the last drawing. */
  let drawn: readonly number[] = [];
  const seen = new Set<string>();
  return {
    update(figures) {
      if (quiet) return;
      if (!isTty) return write(`${oneLine(figures)}\n`);
      for (const { label } of figures.trends) seen.add(label);
      const columns = Math.max(1, options.columns());
      const lines = block(figures, seen, columns)
        .slice(0, Math.max(1, options.rows() - 1))
        .map(({ text, color }) => ({ text: fitted(text, columns), color }));
      // Each line is cleared before it is written, and below the last one all.
      const paint = (text: string, color: number): string => (options.color && color > 0 ? `\x1b[${color}m${text}\x1b[0m` : text);
      write(`${upTo(drawn, columns)}${lines.map(({ text, color }) => `\x1b[2K${paint(text, color)}\n`).join('')}`);
      drawn = lines.map(({ text }) => text.length);
    },
    note(line) {
      if (quiet) return;
      const up = isTty ? upTo(drawn, Math.max(1, options.columns())) : '';
      write(`${up}${up === '' ? '' : '\x1b[0J'}${line}\n`);
      drawn = [];
    },
    close() {
      drawn = [];
    },
  };
}

/** To the first line of the last drawing. A terminal that has become narrower has broken its lines. */
function upTo(drawn: readonly number[], columns: number): string {
  const rows = drawn.reduce((sum, letters) => sum + Math.max(1, Math.ceil(letters / columns)), 0);
  return rows > 0 ? `\x1b[${rows}A` : '';
}

interface BlockLine {
  readonly text: string;
  /** SGR code; 0 is none. */
  readonly color: number;
}

const RED = 31;
const YELLOW = 33;

function block(figures: LiveFigures, seen: ReadonlySet<string>, columns: number): BlockLine[] {
  const { perSecond, trends, lag, clients, timeouts, checksFailed } = figures;
  const shown = seen.size > 0 ? [...seen] : ['session'];
  const isLate = lag !== null && lag.p99Ms > LAG_FLOOR_MS;
  const isFailing = clients.failed + clients.lost + timeouts + checksFailed > 0 || figures.errors.length > 0;
  const line = (label: string, text: string, color = 0): BlockLine => ({ text: `${label.padEnd(10)}${text}`, color });
  const rates = `ready ${formatRate(perSecond.ready)}  sent ${formatRate(perSecond.sent)}  received ${formatRate(perSecond.received)}`;
  return [
    { text: progress(figures, columns), color: 0 },
    line('clients', states(figures)),
    line('rate', rates),
    ...shown.map((label) => line(label, latency(trends.find((trend) => trend.label === label)))),
    line('lag', `${latency(lag ?? undefined)}  missed ${formatCount(figures.messagesMissed)}`, isLate ? YELLOW : 0),
    line('errors', failures(figures), isFailing ? RED : 0),
  ];
}

function oneLine(figures: LiveFigures): string {
  const { perSecond, trends, lag } = figures;
  const p99 = ({ label, p99Ms }: LiveTrend): string => `${label} p99 ${formatMs(p99Ms)}`;
  return [
    formatClock(figures.elapsedMs),
    states(figures),
    `${formatRate(perSecond.ready)} ready`,
    `${formatRate(perSecond.sent)} sent`,
    ...trends.map(p99),
    ...(lag ? [p99(lag)] : []),
    failures(figures),
  ].join('  ');
}

function states({ clients }: LiveFigures): string {
  const { ready, planned, open, connecting } = clients;
  return `ready ${formatCount(ready)} of ${formatCount(planned)}  open ${formatCount(open)}  connecting ${formatCount(connecting)}`;
}

function latency(trend: LiveTrend | undefined): string {
  return trend ? `p50 ${formatMs(trend.p50Ms)}  p99 ${formatMs(trend.p99Ms)}` : 'no samples';
}

function failures({ clients, timeouts, checksFailed, errors }: LiveFigures): string {
  const checks = checksFailed > 0 ? `  checks failed ${formatCount(checksFailed)}` : '';
  const [top] = errors;
  const code = top ? `  ${printable(top.code, 30)} x ${formatCount(top.count)}` : '';
  return `failed ${formatCount(clients.failed)}  lost ${formatCount(clients.lost)}  timeouts ${formatCount(timeouts)}${checks}${code}`;
}

/** "lobby  01:23 of 03:00  [#########---------]  01:37 left" */
function progress({ name, elapsedMs, durationMs }: LiveFigures, columns: number): string {
  const title = `${printable(name, 24)}  ${formatClock(elapsedMs)}`;
  if (durationMs <= 0) return title;
  const head = `${title} of ${formatClock(durationMs)}  `;
  const left = elapsedMs < durationMs ? `  ${formatClock(durationMs - elapsedMs)} left` : '  draining';
  const room = Math.min(40, columns - 1 - head.length - left.length - 2);
  if (room < 5) return head + left.trim();
  const filled = Math.min(room, Math.floor((elapsedMs / durationMs) * room));
  return `${head}[${'#'.repeat(filled)}${'-'.repeat(room - filled)}]${left}`;
}

/** Cut to less than the width: a line that wraps would put the next drawing in the wrong place. */
function fitted(line: string, columns: number): string {
  // A character outside ASCII may be two cells wide.
  return line.replace(/[^\x20-\x7e]/g, '?').slice(0, Math.max(1, columns - 1));
}
