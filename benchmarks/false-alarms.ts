/**
 * How often each rule cries wolf, and how often it sees a real change, over simulated series of runs: the verdict of `gwrk ab` (pairs),
 * of a stored baseline (U test), the arrows of `gwrk compare`, and the changes of `gwrk trend`. Seeded: equal seeds print equal figures.
 * `node dist/benchmarks/false-alarms.js [--small] [--seed N]`
 */
import { Prng } from '../src/core/prng.js';
import { abbaOrder } from '../src/gate/order.js';
import { DEFAULT_RULES, judgeMetrics, type Samples } from '../src/gate/verdict.js';
import { changeOf } from '../src/report/compare/change.js';
import { changePoints } from '../src/statistics/e-divisive.js';
import { permutationP } from '../src/statistics/permutation-test.js';

const small = process.argv.includes('--small');
const seedAt = process.argv.indexOf('--seed');
const seed = seedAt < 0 ? 20261123 : Number(process.argv[seedAt + 1]);
const repeats = small ? 40 : 1000;
/** Milliseconds: P99 of connecting and of messages. */
const BASES = [188, 36];

interface Machine {
  /** Run-to-run deviation of the log of a P99. */
  readonly cv: number;
  /** How much slower the machine gets from run to run. */
  readonly drift: number;
  /** Share of runs that a noisy neighbour slows by half. */
  readonly noisy: number;
}

/** One value a run in the order of the runs, `factors` by their side. */
function runValues(prng: Prng, { cv, drift, noisy }: Machine, base: number, factors: readonly number[]): number[] {
  return factors.map((factor, time) => {
    const normal = Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
    return base * factor * (1 + drift) ** time * (prng.next() < noisy ? 1.5 : 1) * Math.exp(cv * normal);
  });
}

/** Both metrics of a series whose second side is `factor` slower; of pairs (ABBA), or first all of one side, then all of the other. */
function series(prng: Prng, machine: Machine, runs: number, factor: number, paired: boolean): Samples[] {
  const sides = paired
    ? abbaOrder(runs, prng.nextU32()).map(({ side }) => side)
    : Array.from({ length: 2 * runs }, (_, index) => (index < runs ? 'a' : 'b'));
  return BASES.map((base, index) => {
    const values = runValues(
      prng,
      machine,
      base,
      sides.map((side) => (side === 'b' ? factor : 1)),
    );
    const of = (side: string): number[] => values.filter((_, at) => sides[at] === side);
    return { metric: `metric ${index}`, before: of('a'), after: of('b') };
  });
}

function share(what: (prng: Prng) => boolean): string {
  const prng = new Prng(seed);
  let times = 0;
  for (let repeat = 0; repeat < repeats; repeat++) if (what(prng)) times++;
  return `${((100 * times) / repeats).toFixed(1)} %`.padStart(8);
}

const fails = (samples: readonly Samples[], paired: boolean): boolean =>
  judgeMetrics(samples, paired, DEFAULT_RULES).some(({ verdict }) => verdict === 'regression');

const say = (label: string, ...cells: readonly string[]): void => {
  process.stdout.write(`${label.padEnd(46)}${cells.join('  ')}\n`);
};

say(`seed ${seed}, ${repeats} series each`);
say('gate, two metrics, 10 runs a side', '   pairs', 'one side after the other');
const machines: readonly (readonly [string, Machine])[] = [
  ['noise 3 %', { cv: 0.03, drift: 0, noisy: 0 }],
  ['noise 5 %', { cv: 0.05, drift: 0, noisy: 0 }],
  ['noise 10 %', { cv: 0.1, drift: 0, noisy: 0 }],
  ['noise 5 %, drift 2 % a run', { cv: 0.05, drift: 0.02, noisy: 0 }],
  ['noise 5 %, one run in ten disturbed', { cv: 0.05, drift: 0, noisy: 0.1 }],
];
for (const factor of [1, 1.1])
  for (const [name, machine] of machines)
    say(
      `${factor === 1 ? 'no change' : '+10 %'}: ${name}`,
      ...[true, false].map((paired) => share((prng) => fails(series(prng, machine, 10, factor, paired), paired))),
    );

say('compare, one row, noise 5 %: an arrow', '5 a side', '10 a side');
for (const factor of [1, 1.1])
  say(
    factor === 1 ? 'no change' : '+10 %',
    ...[5, 10].map((runs) =>
      share((prng) => {
        const [{ before, after }] = series(prng, machines[1]![1], runs, factor, false) as [Samples, Samples];
        return changeOf(before, after)?.verdict === 'changed';
      }),
    ),
  );

say('trend, 60 values, a step of 10 % in the middle', ' found', 'and by shuffled orders');
for (const cv of [0.05, 0.1])
  for (const factor of [1, 1.1]) {
    const values = (prng: Prng): number[] =>
      runValues(
        prng,
        { cv, drift: 0, noisy: 0 },
        100,
        Array.from({ length: 60 }, (_, index) => (index < 30 ? 1 : factor)),
      );
    const confirmed = (one: readonly number[]): boolean =>
      changePoints(one).some(({ index }) => permutationP(one, Math.max(0, index - 50), Math.min(60, index + 50), seed, 199) <= 0.01);
    say(
      `${factor === 1 ? 'no change' : '+10 %'}: noise ${cv * 100} %`,
      share((prng) => changePoints(values(prng)).length > 0),
      share((prng) => confirmed(values(prng))),
    );
  }
