/**
 * `npm run test:oracle [-- --transport uring|node] [-- row ...]`: gwrk against servers whose response times follow from a formula
 * (docs/measuring.md, "How we know"). Without rows all but the long one, 10. Ends with 1 when a figure is outside its tolerance.
 */
import { parseArgs } from 'node:util';
import { probeUring } from '../../src/uring/probe.js';
import { CONNECT_ROWS } from './connect-rows.js';
import { canGoFirst, type Transport } from './processes.js';
import { QUEUE_ROWS } from './queue-rows.js';
import { type Check, isOk, type Row, type RowResult } from './row.js';
import { STALL_ROWS } from './stall-rows.js';

const ROWS = [...STALL_ROWS, ...QUEUE_ROWS, ...CONNECT_ROWS].sort((a, b) => a.row.localeCompare(b.row, 'en', { numeric: true }));
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const figure = (value: number): string => (Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(value < 100 ? 2 : 1));

function line(cells: readonly string[]): string {
  const widths = [4, 6, 40, 10, 10, 14];
  return cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' ');
}

function tolerance({ below, above }: Check): string {
  if (above >= 1e6) return 'or more';
  return below === above ? `±${figure(below)}` : `-${figure(below)}/+${figure(above)}`;
}

function show(row: Row, transport: Transport, { checks }: RowResult): boolean {
  for (const check of checks) {
    const unit = check.unit === '' ? '' : ` ${check.unit}`;
    const [expected, measured] = [`${figure(check.expected)}${unit}`, `${figure(check.measured)}${unit}`];
    print(line([row.row, transport, check.what, expected, measured, tolerance(check), isOk(check) ? ' ok' : ' NO']));
  }
  return checks.every(isOk);
}

/** A row that fails while others had its cores says nothing: it gets one more try, and goes before them where it may. */
async function judge(row: Row, transport: Transport): Promise<boolean> {
  const first = await row.run({ transport, goesFirst: false });
  if (show(row, transport, first)) return true;
  if (first.strain === undefined) return false;
  print(`     once more${canGoFirst ? ', before all else that runs here' : ''}: ${first.strain}`);
  const second = await row.run({ transport, goesFirst: canGoFirst });
  const isRight = show(row, transport, second);
  if (!isRight && second.strain !== undefined) print(`     again the machine was busy: ${second.strain}`);
  return isRight;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { transport: { type: 'string' } } });
const chosen = ROWS.filter(({ row, isExtra }) => (positionals.length === 0 ? !isExtra : positionals.includes(row)));
const uring = probeUring();
const transports = (['uring', 'node'] as const).filter((transport) => values.transport === undefined || values.transport === transport);
const failed: string[] = [];
const startMs = performance.now();
print(line(['row', 'over', '', 'expected', 'measured', 'tolerance', '']));
for (const transport of transports) {
  if (transport === 'uring' && !uring.available) {
    print(`not tested over uring: ${uring.reason}`);
    continue;
  }
  for (const row of chosen) {
    print(`${row.row}: ${row.title}`);
    const isRight = await judge(row, transport).catch((error: Error) => {
      print(`     ${error.message}`);
      return false;
    });
    if (!isRight) failed.push(`${row.row} (${transport})`);
  }
}
print(
  `${chosen.length} rows in ${Math.round((performance.now() - startMs) / 1000)} s; ${failed.length === 0 ? 'all hold' : `failed: ${failed.join(', ')}`}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
