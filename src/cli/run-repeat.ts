import { GwrkError } from '../core/errors.js';
import { loadBaseline } from '../gate/baseline-store.js';
import { buildGate } from '../gate/build-gate.js';
import { ChildHost } from '../gate/child-host.js';
import { withoutFlags } from '../gate/child-run.js';
import type { Slot } from '../gate/order.js';
import { runSeries } from '../gate/series.js';
import { setAside } from '../gate/set-aside.js';
import { createDirectory, runName } from '../report/write.js';
import { StopRequest } from '../run/stop-request.js';
import { refuseOtherThan, seriesOf } from './baseline-runs.js';
import { childArguments } from './child-arguments.js';
import { makeWritable } from './files.js';
import { finishGate, seriesFailed, tellRun } from './gate-results.js';
import { coolDownMs, metricsOf, termsOf } from './gate-rules.js';
import { type RunFlags, runFlagShapes } from './run-flags.js';
import { planOf, refuse } from './run-plan.js';

/** What the series is told and not each of its runs. */
const OF_THE_SERIES = [
  ...['repeat', 'baseline', 'metric', 'max-change', 'floor', 'inconclusive', 'cool-down'],
  ...['out', 'json', 'markdown', 'junit', 'github', 'bench-json', 'otava'],
];

/** `gwrk run --repeat`: the same run several times, each a process with a server of its own. `words` is the command line behind `run`. */
export async function repeatSubject(
  subject: string,
  flags: RunFlags,
  words: readonly string[],
  note: (line: string) => void,
): Promise<number> {
  refuse(flags, ['csv', 'hdr', 'html', 'live'], 'is for a single run', 'each run of --repeat has its own files in its directory');
  const repeat = flags.repeat!;
  const { plan, warnings, file } = await planOf(subject, flags);
  for (const warning of warnings) note(`warning: ${warning}`);
  const baseline = flags.baseline === undefined ? undefined : await loadBaseline(flags.baseline, flags.out);
  if (baseline) refuseOtherThan(baseline, plan);
  await makeWritable(flags.out);
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const directory = await createDirectory(runName(`repeat-${plan.name}`, startedAt), flags.out);
  const stop = new StopRequest();
  try {
    const slots = Array.from({ length: repeat }, (_, index): Slot => ({ side: 'b', number: index + 1 }));
    const host = new ChildHost({
      directory,
      stop,
      environment: withoutFlags(process.env, OF_THE_SERIES),
      coolDownMs: coolDownMs(flags),
      argsOf: (_slot, out) => childArguments(words, runFlagShapes(), OF_THE_SERIES, ['--out', out]),
      nameOf: ({ number }) => `run-${String(number).padStart(2, '0')}`,
      told: (run, isRepeated) => note(tellRun(run, isRepeated, slots, metricsOf(flags)).replace(/^b /u, 'run ')),
    });
    const series = await runSeries(slots, host);
    const { end, failure } = series;
    if (series.runs.length === 0) {
      if (failure && end === 'failed') return seriesFailed(failure, directory);
      throw new GwrkError('GWRK_INTERRUPTED', 'the series was interrupted before its first run');
    }
    const runs = await setAside(series.runs, directory);
    const gate = buildGate({
      kind: baseline ? 'baseline' : 'repeat',
      design: `${repeat} ${repeat === 1 ? 'run' : 'runs'}${baseline ? ` against ${baseline.runs.length} of another time` : ''}`,
      ...(baseline && { beforeLabel: baseline.path }),
      afterLabel: subject,
      runs: [...(baseline ? seriesOf(baseline) : []), ...runs],
      ...termsOf(flags, series),
      startedAt,
      durationMs: performance.now() - startMs,
      seed: plan.seed,
    });
    return await finishGate(gate, { directory, flags, ...(file && { subject: file }) });
  } finally {
    stop.close();
  }
}
