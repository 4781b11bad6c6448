/** `--dry-run`: the plan as text, with what it will ask of the machines. Estimates say so. */
import { framingOf } from './matching.js';
import type { ExecutorSpec, Plan, ScenarioPlan } from './plan.js';
import { createSchedule } from './schedule.js';
import { withoutQuery } from './target-kind.js';
import { estimateTraffic } from './traffic.js';
import { formatDurationUs, formatNumber } from './units.js';

const LABEL_LETTERS = 14;

/** The plan, one fact a line. Ports, descriptors and memory are those of the machine: run adds them. */
export function describePlan(plan: Plan): string {
  const lines: [string, string][] = [
    ['scenario', `${plan.name}  (${plan.hash.slice(0, 12)}, seed ${plan.seed})`],
    ['target', withoutQuery(plan.target)],
    ...framingLine(plan),
    ...(plan.serve ? [['serve', `${plan.serve.command}  until ${plan.serve.ready} answers`] as [string, string]] : []),
    ['swarm', swarmLine(plan)],
    ['clients', `${formatNumber(plan.maxClients)} at most at one moment`],
    [
      'duration',
      `${formatDurationUs(plan.durationUs)}, and up to ${formatDurationUs(Math.max(0, ...plan.scenarios.map((one) => one.gracefulStopUs)))} to stop`,
    ],
  ];
  for (const scenario of plan.scenarios) lines.push(['', ''], ['load', scenario.name], ...scenarioLines(scenario));
  lines.push(['', '']);
  if (plan.thresholds.length === 0) lines.push(['thresholds', 'none']);
  for (const [index, { metric, expression, level, abortOnFail, delayAbortEvalUs }] of plan.thresholds.entries()) {
    const abort = abortOnFail ? `, aborts the run${delayAbortEvalUs > 0 ? ` after ${formatDurationUs(delayAbortEvalUs)}` : ''}` : '';
    lines.push([index === 0 ? 'thresholds' : '', `${metric} ${expression}${level === 'warn' ? ' (warning)' : ''}${abort}`]);
  }
  return lines.map(([label, text]) => `${label.padEnd(LABEL_LETTERS)}${text}`.trimEnd()).join('\n');
}

/** The same for a report, which others get to see: without the command that starts the server. */
export function outlineOf(plan: Plan): string {
  const { serve: _, ...rest } = plan;
  return describePlan(rest);
}

function framingLine(plan: Plan): [string, string][] {
  const framing = framingOf(plan);
  return framing === undefined ? [] : [['framing', framing]];
}

function swarmLine({ threads, transport, sourceIps, maxConnecting }: Plan): string {
  const sources = sourceIps.length > 0 ? `, from ${sourceIps.join(', ')}` : '';
  return `threads ${threads}, transport ${transport}, at most ${formatNumber(maxConnecting)} connecting at once${sources}`;
}

function scenarioLines(scenario: ScenarioPlan): [string, string][] {
  const { executor, startTimeUs, afterFlow } = scenario;
  const schedule = createSchedule(executor);
  const { messagesPerSecond, isAsFastAsAnswered, bytesPerSecond } = estimateTraffic(scenario);
  const messages = `${formatNumber(messagesPerSecond)} a second sent in the steady state`;
  const closed = 'as fast as answers come';
  return [
    ['  executor', `${executorText(executor)}${startTimeUs > 0 ? `, starting after ${formatDurationUs(startTimeUs)}` : ''}`],
    ['  arrivals', `${formatNumber(schedule.arrivals)}, at the peak ${peakText(executor)}`],
    ['  messages', isAsFastAsAnswered ? `${messagesPerSecond > 0 ? `${messages}, and more ` : ''}${closed}` : messages],
    ['  bytes', isAsFastAsAnswered ? `not known: ${closed}` : `about ${formatNumber(bytesPerSecond)} a second sent, without TCP and IP`],
    ...(scenario.storm
      ? [
          [
            '  storm',
            `${formatNumber(scenario.storm.share * 100)}% of those who are ready, after ${formatDurationUs(scenario.storm.atUs)}`,
          ] as [string, string],
        ]
      : []),
    [
      '  at the end',
      { hold: 'a client that is done stays', repeat: 'a client that is done begins again', leave: 'a client that is done leaves' }[
        afterFlow
      ],
    ],
  ];
}

function executorText(executor: ExecutorSpec): string {
  switch (executor.kind) {
    case 'constant-clients':
      return `constant-clients: ${formatNumber(executor.clients)} for ${formatDurationUs(executor.durationUs)}`;
    case 'ramping-clients':
      return `ramping-clients: ${formatNumber(executor.startClients)}${stagesText(executor.stages)}`;
    case 'constant-arrival-rate':
      return `constant-arrival-rate: ${formatNumber(executor.ratePerSecond)} a second for ${formatDurationUs(executor.durationUs)}, at most ${formatNumber(executor.maxClients)} clients`;
    case 'ramping-arrival-rate':
      return `ramping-arrival-rate: ${formatNumber(executor.startRatePerSecond)}${stagesText(executor.stages)} a second, at most ${formatNumber(executor.maxClients)} clients`;
    default: {
      const { kind, clients, iterations, maxDurationUs } = executor;
      const each = kind === 'per-client-iterations' ? ' each' : ' in all';
      return `${kind}: ${formatNumber(clients)} clients, ${formatNumber(iterations)} iterations${each}, for ${formatDurationUs(maxDurationUs)} at most`;
    }
  }
}

const stagesText = (stages: readonly { durationUs: number; target: number }[]): string =>
  stages.map(({ durationUs, target }) => ` -> ${formatNumber(target)} in ${formatDurationUs(durationUs)}`).join('');

function peakText(executor: ExecutorSpec): string {
  const rate = peakArrivalsPerSecond(executor);
  return rate === Number.POSITIVE_INFINITY ? 'all at once' : `${formatNumber(rate)} a second`;
}

/** The fastest that clients arrive by the plan; Infinity where several arrive at one moment. */
export function peakArrivalsPerSecond(executor: ExecutorSpec): number {
  switch (executor.kind) {
    case 'constant-arrival-rate':
      return executor.ratePerSecond;
    case 'ramping-arrival-rate':
      return Math.max(executor.startRatePerSecond, ...executor.stages.map(({ target }) => target));
    case 'ramping-clients': {
      let from = 0;
      let peak = executor.startClients > 0 ? Number.POSITIVE_INFINITY : 0;
      for (const { durationUs, target } of executor.stages) {
        if (target > from) peak = Math.max(peak, ((target - from) * 1e6) / durationUs);
        from = target;
      }
      return peak;
    }
    default:
      return Number.POSITIVE_INFINITY;
  }
}
