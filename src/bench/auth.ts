import type { BenchRow } from '../report/bench-result.js';
import { type Bench, type BenchContext, missing, repeated } from './bench.js';
import { type BenchServer, startGwrk, startServer, trialPath } from './children.js';
import type { LoginFigures } from './login-trial.js';
import { runTrial } from './trial.js';

/** What reference-server/trials/auth-attacks.ts prints. */
interface Attacks {
  readonly replays: number;
  readonly replaysRefused: number;
  readonly thefts: number;
  readonly theftsRefused: number;
}

interface Sizes {
  readonly users: number;
  readonly rate: number;
  readonly seconds: number;
  readonly attacks: number;
}

/** One way to log in, running: its servers, the first of them the one that is asked. */
interface Running {
  readonly servers: readonly [BenchServer, ...BenchServer[]];
  readonly label: string;
}

interface Way {
  readonly label: string;
  readonly published?: string;
  start(context: BenchContext, sizes: Sizes): Promise<Running>;
}

const ATTACKS = '../../reference-server/trials/auth-attacks.js';

const WAYS: readonly Way[] = [
  {
    label: 'one JWT, users in a database',
    published: '120 ms',
    async start({ signal, postgres }, { users }) {
      const words = [process.execPath, trialPath('naive-login'), String(users)];
      // Not on the command line, where everybody on this machine can read a password.
      const server = await startServer(words, signal, postgres === undefined ? {} : { GWRK_BENCH_POSTGRES: postgres });
      return { servers: [server], label: `one JWT, users in ${server.ready.database}` };
    },
  },
  {
    label: 'dual auth, Redis and Lua',
    published: '38 ms',
    async start({ signal }) {
      const redis = await startServer([process.execPath, trialPath('redis-child')], signal);
      try {
        const server = await startGwrk(['--proof', 'none', '--redis', String(redis.ready.redis)], signal);
        return { servers: [server, redis], label: 'dual auth, Redis and Lua' };
      } catch (error) {
        await redis.stop();
        throw error;
      }
    },
  },
  {
    label: 'dual auth, sessions in memory',
    start: async ({ signal }) => ({ servers: [await startGwrk(['--proof', 'none'], signal)], label: 'dual auth, sessions in memory' }),
  },
];

/** D1: a login by one JWT with a look-up in a database against dual auth, and what attackers get from each. */
export const auth: Bench = {
  name: 'auth',
  title: 'Login by one JWT and a database, or by dual auth: response time, and attacks on both',
  async measure(context) {
    const { small, progress, signal } = context;
    const sizes: Sizes = small
      ? { users: 3_000, rate: 40, seconds: 1, attacks: 12 }
      : { users: 20_000, rate: 200, seconds: 8, attacks: 200 };
    const rows: BenchRow[] = [];
    for (const way of WAYS) {
      progress(way.label);
      try {
        rows.push(await rowOf(way, context, sizes));
      } catch (error) {
        signal.throwIfAborted();
        const reason = reasonOf(error as Error);
        rows.push({
          label: way.label,
          cells: [missing(reason, way.published), ...['P99', 'replays', 'thefts'].map(() => missing(reason))],
        });
      }
    }
    return {
      how: [
        `${sizes.rate} logins a second of different users for ${sizes.seconds} s (each run), due whether earlier ones were answered or not; latency from the moment at which each was due.`,
        `${sizes.attacks} replays and ${sizes.attacks} uses of a stolen token without its session's secret (from other devices too) against each server; each beside a rightful client, who must succeed.`,
      ],
      columns: ['login', 'response P50', 'response P99', 'replay protection: refused', 'hijack risk: thefts refused'],
      rows,
      notes: [
        'No login asks for a password here, which would cost every way the same and hide the rest.',
        'Replays against dual auth: an AUTH on another connection, a signed operation byte for byte, and one signed anew with its old nonce; against the JWT: the same request again.',
        ...(context.postgres === undefined ? [PGLITE_NOTE] : []),
      ],
    };
  },
};

const PGLITE_NOTE =
  'PGlite is PostgreSQL in the process that asks, without network and without disk: a database of its own is slower. --postgres URL measures one.';

async function rowOf(way: Way, context: BenchContext, sizes: Sizes): Promise<BenchRow> {
  const { repetitions, seed, signal, progress } = context;
  const { users, rate, seconds, attacks } = sizes;
  const { servers, label } = await way.start(context, sizes);
  try {
    const http = String(servers[0].ready.http);
    const runs: LoginFigures[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      // A user may log in ten times at once: each repetition has users of its own, and the seed says which.
      const first = (seed % 100) * 20 + repetition * rate * (seconds + 1);
      const run = (await runTrial(
        './login-trial.js',
        [http, String(rate), String(seconds), String(first), String(users)],
        [],
        signal,
      )) as LoginFigures;
      if (run.failed > run.ok) throw new Error(`${run.failed} of ${run.ok + run.failed} logins failed`);
      if (run.failed > 0) progress(`${label}: ${run.failed} logins failed`);
      runs.push(run);
    }
    const ws = servers[0].ready.ws;
    const words = ws === undefined ? ['naive', http] : ['dual', http, String(ws)];
    const attacked = (await runTrial(ATTACKS, [...words, String(attacks)], [], signal)) as Attacks;
    const told = (refused: number, all: number) => `${refused} of ${all}`;
    return {
      label,
      cells: [
        repeated(
          runs.map(({ p50Ms }) => p50Ms),
          'ms',
          way.published,
        ),
        repeated(
          runs.map(({ p99Ms }) => p99Ms),
          'ms',
        ),
        { measured: told(attacked.replaysRefused, attacked.replays) },
        { measured: told(attacked.theftsRefused, attacked.thefts) },
      ],
    };
  } finally {
    for (const server of servers) await server.stop();
  }
}

function reasonOf({ message }: Error): string {
  const absent = /Cannot find package '([^']+)'/u.exec(message)?.[1];
  if (absent !== undefined) return `the package ${absent} is not installed (npm install ${absent})`;
  return /redis-server is not installed here/u.exec(message)?.[0] ?? message;
}
