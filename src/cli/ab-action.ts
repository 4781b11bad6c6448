import { GwrkError } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import { buildGate } from '../gate/build-gate.js';
import { ChildHost } from '../gate/child-host.js';
import { onlyServerVariables } from '../gate/child-run.js';
import { abbaOrder, type Side, type Slot } from '../gate/order.js';
import { type FinishedRun, runSeries } from '../gate/series.js';
import { setAside } from '../gate/set-aside.js';
import { refuseIncomparable } from '../report/comparable.js';
import { createDirectory, runName } from '../report/write.js';
import { StopRequest } from '../run/stop-request.js';
import type { AbFlags } from './ab-flags.js';
import { makeWritable } from './files.js';
import { finishGate, seriesFailed, tellRun } from './gate-results.js';
import { coolDownMs, metricsOf, termsOf } from './gate-rules.js';
import { type ScenarioSubject, scenarioPlan } from './scenario-plan.js';

const SIDES: readonly Side[] = ['a', 'b'];

/** `gwrk ab`: runs both servers in turn and judges; resolves with the exit code. */
export async function compareServers(scenario: string, flags: AbFlags): Promise<number> {
  const subject = await scenarioPlan(scenario, flags);
  if (!subject.plan.serve)
    throw new GwrkError('GWRK_USAGE', 'gwrk ab starts the servers itself, but the scenario has no serve:', {
      where: scenario,
      hint: 'serve: { command: ..., ready: "http://127.0.0.1:9001/readyz" } says when a server is ready',
    });
  const slots = abbaOrder(flags.pairs, subject.plan.seed);
  const argsOf = (side: Side): string[] => runArguments(scenario, flags, side, subject);
  if (flags.dryRun) return describeOrder(slots, argsOf);
  const note = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${line}\n`);
  };
  for (const warning of subject.warnings) note(`warning: ${warning}`);
  await makeWritable(flags.out);
  const startedAt = new Date().toISOString();
  const startMs = performance.now();
  const directory = await createDirectory(runName(`ab-${subject.plan.name}`, startedAt), flags.out);
  const stop = new StopRequest();
  try {
    const host = new ChildHost({
      directory,
      stop,
      environment: onlyServerVariables(process.env),
      coolDownMs: coolDownMs(flags),
      argsOf: ({ side }, out) => [...argsOf(side), '--out', out],
      nameOf,
      told: (run, isRepeated) => note(tellRun(run, isRepeated, slots, metricsOf(flags))),
    });
    const warm = await warmUp(host, argsOf, note);
    if (stop.level !== 'none' || warm.some(({ report }) => report?.verdict === 'interrupted')) throw interrupted();
    const failed = warm.find(({ report }) => !report);
    if (failed) return seriesFailed(failed, directory);
    refuseIncomparable(warm[0]!.report!, warm[1]!.report!, ['a', 'b']);
    const series = await runSeries(slots, host);
    const { end, failure } = series;
    const runs = await setAside(series.runs, directory);
    if (runs.length === 0) {
      if (failure && end === 'failed') return seriesFailed(failure, directory);
      throw interrupted();
    }
    const gate = buildGate({
      kind: 'ab',
      design: `${flags.pairs} ${flags.pairs === 1 ? 'pair' : 'pairs'}, interleaved (ABBA)`,
      beforeLabel: flags.a,
      afterLabel: flags.b,
      runs,
      ...termsOf(flags, series),
      startedAt,
      durationMs: performance.now() - startMs,
      seed: subject.plan.seed,
    });
    return await finishGate(gate, { directory, flags, subject });
  } finally {
    stop.close();
  }
}

const interrupted = (): GwrkError => new GwrkError('GWRK_INTERRUPTED', 'the comparison was interrupted before its first run that counts');

/** "a-01". */
const nameOf = ({ side, number }: Slot): string => `${side}-${String(number).padStart(2, '0')}`;

/** One run of each that counts for nothing: files are read into memory, and what cannot work shows itself at once. */
async function warmUp(host: ChildHost, argsOf: (side: Side) => string[], note: (line: string) => void): Promise<FinishedRun[]> {
  const finished: FinishedRun[] = [];
  for (const side of SIDES) {
    if (host.isStopped()) break;
    if (finished.length > 0) await host.rest();
    const run = await host.runNamed(`warm-${side}`, (out) => [...argsOf(side), '--out', out]);
    finished.push(run);
    note(`warm-up of ${side}: ${run.report ? `${run.report.verdict}, ${run.reason}` : `failed with exit code ${run.exitCode}`}`);
    if (!run.report) break;
  }
  return finished;
}

/** Behind `gwrk run`: the same for both sides, but for the server. */
function runArguments(scenario: string, flags: AbFlags, side: Side, { plan }: ScenarioSubject): string[] {
  const repeat = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value]);
  const pairsOf = (record: Readonly<Record<string, string>>): string[] => Object.entries(record).map(([key, value]) => `${key}=${value}`);
  const server = side === 'a' ? { command: flags.a, env: flags.aEnv } : { command: flags.b, env: flags.bEnv };
  return [
    scenario,
    ...repeat('--env', pairsOf(flags.env)),
    ...(flags.environment === undefined ? [] : ['--environment', flags.environment]),
    ...repeat('--set', flags.set),
    // A JSON text is a YAML text: nothing in a command can be taken for anything else.
    ...repeat('--set', [
      `serve.command=${JSON.stringify(server.command)}`,
      ...Object.entries(server.env).map(([key, value]) => `serve.env.${key}=${JSON.stringify(value)}`),
    ]),
    ...['--seed', String(plan.seed)],
    ...(flags.threads === undefined ? [] : ['--threads', String(flags.threads)]),
    ...(flags.transport === undefined ? [] : ['--transport', flags.transport]),
    ...repeat('--source-ip', flags.sourceIp),
    ...repeat('--allow-target', flags.allowTarget),
    '--tag',
    `side=${side}`,
  ];
}

function describeOrder(slots: readonly Slot[], argsOf: (side: Side) => string[]): number {
  const shell = (word: string): string => (/^[\w./:=@%+-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  const commands = SIDES.map((side) => `${side}: gwrk run ${argsOf(side).map(shell).join(' ')}`);
  const order = slots.map(({ side }) => side).join(' ');
  process.stdout.write(`${commands.join('\n')}\norder, after one run of each to warm up: ${order}\n`);
  return EXIT.passed;
}
