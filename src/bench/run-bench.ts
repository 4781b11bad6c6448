import type { BenchResult } from '../report/bench-result.js';
import { machineFacts } from '../run/machine-facts.js';
import type { Bench, BenchContext } from './bench.js';

/** Measures one table. Rejects when it cannot be measured at all, or was interrupted. */
export async function runBench(bench: Bench, context: BenchContext, gwrkVersion: string): Promise<BenchResult> {
  const options = optionsOf(bench.name, context);
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const figures = await bench.measure(context);
  context.signal.throwIfAborted();
  return {
    schema: 'gwrk/bench/1',
    name: bench.name,
    title: bench.title,
    ...figures,
    small: context.small,
    repetitions: context.repetitions,
    seed: context.seed,
    ...(options.length > 0 && { options }),
    startedAt,
    durationMs: Math.round(performance.now() - start),
    environment: { ...machineFacts(gwrkVersion) },
  };
}

function optionsOf(name: string, { clients, postgres }: BenchContext): string[] {
  if (name === 'million' && clients !== undefined) return [`--clients ${clients}`];
  return name === 'auth' && postgres !== undefined ? ['--postgres URL'] : [];
}
