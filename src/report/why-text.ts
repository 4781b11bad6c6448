import { responseUs } from '../measure/slow-operation.js';
import { printable } from './printable.js';
import { formatCount, formatMs, formatPercent } from './quantity.js';
import { type Explanation, LABELS, type Link } from './why.js';

export interface WhyTextOptions {
  /** Chains to print, the slowest operations' first. */
  readonly limit: number;
  /** Response time from which operations were looked at. */
  readonly slowUs: number;
  /** How many operations of the run were at least as slow as the run's own threshold. */
  readonly total: number;
  readonly thresholdUs: number;
  /** Requests of HTTP that the run made, of which none is kept; 0 when that is not known. */
  readonly httpRequests?: number;
}

const ms = (us: number): string => formatMs(us / 1000);

const notLookedAt = (requests: number): string =>
  `the run's ${formatCount(requests)} requests of HTTP are not among these: gwrk why looks at messages and operations only`;

/** What `gwrk why` prints: how many operations each cause explains, then the chains of the slowest. Ends with a line break. */
export function renderWhy(
  explanations: readonly Explanation[],
  { limit, slowUs, total, thresholdUs, httpRequests = 0 }: WhyTextOptions,
): string {
  const without = httpRequests > 0 ? `${notLookedAt(httpRequests)}\n` : '';
  if (explanations.length === 0) return `no operation that was kept took ${ms(slowUs)} or longer\n${without}`;
  const kept = `${formatCount(explanations.length)} operations took ${ms(slowUs)} or longer`;
  const ofAll = `${formatCount(total)} of the run took ${ms(thresholdUs)} or longer; its worst and a sample of them were kept`;
  const lines = [`${kept} (${ofAll})`, ''];
  for (const label of LABELS) {
    const own = explanations.filter((explanation) => explanation.label === label);
    if (own.length === 0) continue;
    const worst = Math.max(...own.map(({ operation }) => responseUs(operation)));
    const share = formatPercent(own.length / explanations.length);
    lines.push(`  ${label.padEnd(11)} ${formatCount(own.length).padStart(6)}  ${share.padStart(7)}  worst ${ms(worst)}`);
  }
  const slowest = [...explanations].sort((a, b) => responseUs(b.operation) - responseUs(a.operation)).slice(0, limit);
  for (const explanation of slowest) lines.push('', ...chainLines(explanation));
  if (slowest.length < explanations.length) lines.push('', `  and ${explanations.length - slowest.length} more (--limit, --json)`);
  return `${lines.join('\n')}\n${without === '' ? '' : `\n${without}`}`;
}

function chainLines({ operation, label, chain, reason }: Explanation): string[] {
  const { name, worker, row, sequence, local, intendedUs, sentUs, doneUs, outcome } = operation;
  const who = [`client row ${row} of worker ${worker}`, ...(sequence === undefined ? [] : [`seq ${sequence}`]), ...(local ? [local] : [])];
  const end = outcome === 'timeout' ? 'time-out' : outcome === 'fail' ? 'answered, not as expected' : 'answered';
  const story = [
    ...chain.filter(({ label: kind }) => kind === 'LATE_SEND').map(linkText),
    `sent ${ms(sentUs - intendedUs)}`,
    ...chain.filter(({ label: kind }) => kind !== 'LATE_SEND').map(linkText),
    `${end} ${ms(doneUs - intendedUs)}`,
  ];
  const because = reason === undefined ? '' : ` (${printable(reason, 200)})`;
  return [`  ${label}${because}: ${printable(name, 40)} took ${ms(responseUs(operation))}, ${who.join(', ')}`, `    ${story.join(' -> ')}`];
}

/** One link of a chain; times count from the intended send. */
function linkText({ label, fromUs, toUs, cause }: Link): string {
  const span = `${ms(fromUs)} to ${ms(toUs)}`;
  switch (label) {
    case 'LATE_SEND':
      return `gwrk sent it ${ms(toUs - fromUs)} late`;
    case 'LATE_READ':
      return `gwrk did not run ${span}`;
    case 'RETRANSMIT':
      return `waited for a segment that ${printable(cause?.local ?? '?', 60)} sent again at ${ms(toUs)}`;
    case 'LOOP_LAG':
      return `turn of gateway thread ${cause?.thread} ${span}`;
    case 'GC':
      return `turn of gateway thread ${cause?.thread} ${span}, ${ms(cause?.pauseUs ?? 0)} of it garbage collection`;
    case 'STORE_SLOW':
      return `store call ${printable(cause?.name ?? '?', 40)} ${span}`;
    case 'BREAKER':
      return `refused by the open breaker of ${printable(cause?.name ?? '?', 60)}`;
    case 'QUEUE':
      return `queue ${printable(cause?.name ?? '?', 40)} full ${span}`;
  }
}
