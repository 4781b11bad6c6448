import { GwrkError } from '../core/errors.js';
import { printable } from './printable.js';
import type { Report } from './report.js';

/** Memory of two machines of one kind: what the firmware keeps for itself differs a little. */
const SAME_MEMORY = 0.05;

/** What of a run decides whether another may be compared with it; known before the run already. */
export interface Comparable {
  readonly hash: string;
  readonly clients: { readonly planned: number };
  readonly environment: Report['environment'];
}

/**
 * In what two runs differ beside the server under test; empty: they may be compared. A change of these moves latency by
 * itself, and nobody could tell it from a change of the server.
 */
export function incomparabilities(one: Comparable, other: Comparable): string[] {
  const differences: string[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    if (a !== b) differences.push(`${what}: ${shown(a)} and ${shown(b)}`);
  };
  compare('scenario', one.hash.slice(0, 12), other.hash.slice(0, 12));
  compare('clients', one.clients.planned, other.clients.planned);
  compare('Node', nodeMajor(one), nodeMajor(other));
  for (const fact of ['arch', 'cpu', 'cores'] as const) compare(fact, one.environment[fact], other.environment[fact]);
  const [a, b] = [Number(one.environment.memoryBytes), Number(other.environment.memoryBytes)];
  if (Math.abs(a - b) > SAME_MEMORY * Math.max(a, b)) compare('memory', gibibytes(a), gibibytes(b));
  return differences;
}

/** Throws GWRK_NOT_COMPARABLE, with everything in which the two differ. `names` are how the runs are called in the message. */
export function refuseIncomparable(one: Comparable, other: Comparable, names: readonly [string, string]): void {
  const differences = incomparabilities(one, other);
  if (differences.length === 0) return;
  throw new GwrkError('GWRK_NOT_COMPARABLE', `${names[0]} and ${names[1]} cannot be compared`, {
    given: differences.join('\n           '),
    allowed: 'the same scenario, clients, Node major version and kind of machine',
  });
}

function nodeMajor({ environment }: Comparable): string {
  return String(environment.node ?? 'unknown').split('.', 1)[0]!;
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

function shown(value: unknown): string {
  return value === undefined ? 'unknown' : printable(String(value), 60);
}
