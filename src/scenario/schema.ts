/**
 * The scenario file, described once: validation, types and JSON Schema (schema/scenario.json) all come from here. Values
 * whose `{{ }}` are constant have been replaced before (variables.ts).
 */
import * as z from 'zod';
import { METRIC_TYPES } from '../measure/metric-types.js';
import { checkThreshold, isProblem, parseThreshold, type ThresholdProblem } from '../measure/threshold.js';
import { didYouMean } from './nearest-name.js';
import { feeders } from './schema-feeder.js';
import { storm } from './schema-flow.js';
import { framing } from './schema-framing.js';
import { layouts } from './schema-layouts.js';
import { steps } from './schema-steps.js';
import { addIssue, always, clientText, count, durationUs, fixedText, identifier, MAX_CLIENTS, name, rate } from './schema-values.js';
import { isHttp, isStream, isWebSocket } from './target-kind.js';

const clients = () => count(1, MAX_CLIENTS);
const perSecond = () => rate(0, 10_000_000);
const timeUnit = () => durationUs(1000).prefault('1s').describe('The time that rates count for.');
const duration = () => durationUs(1);
const tags = () => z.record(name(), z.union([z.string(), z.number(), z.boolean()], { error: 'text' }).transform(String));

const stagesOf = (target: ReturnType<typeof count>) =>
  z
    .array(
      z.strictObject({
        duration: durationUs().describe('How long the stage takes; 0s jumps.'),
        target: target.describe('What is reached at its end, linearly.'),
      }),
    )
    .min(1)
    .max(1000);

const environmentValues = () =>
  z.record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'letters, digits and _' }),
    z.union([z.string(), z.number(), z.boolean()], { error: 'text' }).transform(String),
  );

const iterations = () => ({
  clients: clients().describe('How many.'),
  maxDuration: duration().prefault('10m').describe('Rounds that have not begun by then are counted as dropped_iterations.'),
});

const common = {
  startTime: durationUs().prefault('0s').describe('Starts that long after the common start.'),
  gracefulStop: durationUs().prefault('30s').describe('How long clients may finish what they do after the end.'),
  afterFlow: z
    .enum(['hold', 'repeat', 'leave'])
    .optional()
    .describe('What a client does at the end of its flow. Default: hold for *-clients, repeat for *-iterations, leave for *-arrival-rate.'),
  framing: framing.optional().describe('For tcp and tls: how messages are told apart, unless a connect step says otherwise.'),
  tags: tags()
    .prefault({})
    .describe('Labels, for metric{tag:value} in thresholds; those that all scenarios say alike are put into the report.'),
  env: environmentValues().prefault({}).describe('Values for {{ env.NAME }} within this scenario; -e NAME=VALUE comes before them.'),
  storm: storm
    .optional()
    .describe('A reconnect storm: a share of the clients loses its connection and comes back by the reconnect step of the flow.'),
  flow: steps().describe('What each client does, in order.'),
  driver: fixedText(1024)
    .optional()
    .describe(
      'A module (.js, .mjs, .ts, .mts) that takes over where the flow ends, the connection open: see docs/drivers.md. It runs code.',
    ),
};

const maxClients = clients().describe('Arrivals beyond that many clients at once are counted as dropped_iterations.');

const EXECUTORS = {
  'constant-clients': z.strictObject({
    executor: z.literal('constant-clients').describe('Closed: that many clients from the start.'),
    clients: clients().describe('How many.'),
    duration: duration().describe('How long.'),
    ...common,
  }),
  'ramping-clients': z.strictObject({
    executor: z.literal('ramping-clients').describe('Closed: the number of clients follows the stages.'),
    startClients: count(0, MAX_CLIENTS).prefault(0).describe('How many at the start.'),
    stages: stagesOf(count(0, MAX_CLIENTS)).describe('Targets are clients.'),
    ...common,
  }),
  'per-client-iterations': z.strictObject({
    executor: z.literal('per-client-iterations').describe('Closed: each client runs the flow that often, then leaves.'),
    iterations: count(1, 1_000_000_000).describe('How often each client runs the flow.'),
    ...iterations(),
    ...common,
  }),
  'shared-iterations': z
    .strictObject({
      executor: z
        .literal('shared-iterations')
        .describe('Closed: the clients share that many runs of the flow; who is free takes the next.'),
      iterations: count(1, 1_000_000_000).describe('How often the flow is run in all; not less than clients.'),
      ...iterations(),
      ...common,
    })
    .superRefine((value, context) => {
      if (value.clients > value.iterations)
        addIssue(
          context,
          'there are more clients than iterations',
          { given: String(value.clients), allowed: `at most ${value.iterations}` },
          ['clients'],
        );
    }),
  'constant-arrival-rate': z.strictObject({
    executor: z.literal('constant-arrival-rate').describe('Open: new clients arrive by the plan, late or not.'),
    rate: rate(1e-6, 10_000_000).describe('Arrivals per timeUnit.'),
    timeUnit: timeUnit(),
    duration: duration().describe('How long.'),
    maxClients: maxClients,
    ...common,
  }),
  'ramping-arrival-rate': z.strictObject({
    executor: z.literal('ramping-arrival-rate').describe('Open: the rate of arrivals follows the stages.'),
    startRate: perSecond().prefault(0).describe('Arrivals per timeUnit at the start.'),
    timeUnit: timeUnit(),
    stages: stagesOf(perSecond()).describe('Targets are arrivals per timeUnit.'),
    maxClients: maxClients,
    ...common,
  }),
} as const;

/** The part of a scenario that every executor has: checked by itself where the executor is unknown. */
export const commonPart = z.object(common);

const scenario = z.discriminatedUnion(
  'executor',
  Object.values(EXECUTORS) as [
    (typeof EXECUTORS)['constant-clients'],
    (typeof EXECUTORS)['ramping-clients'],
    (typeof EXECUTORS)['per-client-iterations'],
    (typeof EXECUTORS)['shared-iterations'],
    (typeof EXECUTORS)['constant-arrival-rate'],
    (typeof EXECUTORS)['ramping-arrival-rate'],
  ],
);

const thresholdObject = z.strictObject({
  threshold: z.string().describe('The expression, as k6 writes it: p(99)<68; milliseconds.'),
  level: z.enum(['error', 'warn']).prefault('error').describe('warn is shown, but does not change the exit code.'),
  abortOnFail: z.boolean().prefault(false).describe('Ends the run when it fails.'),
  delayAbortEval: durationUs().prefault('0s').describe('Does not abort before this time.'),
});

const threshold = z
  .union([z.string(), thresholdObject], {
    error: (issue) =>
      issue.input !== null && typeof issue.input === 'object' ? undefined : 'text such as p(99)<68, or a map with threshold: in it',
  })
  .transform((value) =>
    typeof value === 'string' ? { threshold: value, level: 'error' as const, abortOnFail: false, delayAbortEval: 0 } : value,
  );

const thresholds = z.record(z.string(), z.array(threshold).min(1).max(100));

/** Names of metrics that a driver may declare: which it does is known when it is loaded, and checked then. */
const OWN_METRIC = /^[a-z][a-z0-9_]{0,63}$/;

function checkThresholds(file: unknown, context: z.RefinementCtx): void {
  const { thresholds: rulesByMetric, scenarios } = (file ?? {}) as { thresholds?: unknown; scenarios?: unknown };
  if (rulesByMetric === null || typeof rulesByMetric !== 'object') return;
  const isDriven = Object.values(scenarios ?? {}).some((each) => typeof each?.driver === 'string');
  for (const [metric, rules] of Object.entries(rulesByMetric)) {
    for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
      const expression: unknown = typeof rule === 'string' ? rule : rule?.threshold;
      if (typeof expression !== 'string') continue;
      const mayBeOwn = isDriven && !METRIC_TYPES.has(metric) && OWN_METRIC.test(metric);
      const problem = mayBeOwn ? misspelt(expression) : checkThreshold(metric, expression);
      if (!problem) continue;
      const { error, subject, allowed, column } = problem;
      if (subject === 'metric') {
        const hint = didYouMean(/"([^"]*)"$/.exec(error)?.[1] ?? metric, allowed.split(', '));
        addIssue(context, error, { given: metric, allowed, atKey: true, ...(hint === undefined ? {} : { hint }) }, ['thresholds', metric]);
        break;
      }
      addIssue(context, `${error} (letter ${column})`, { given: expression, allowed }, ['thresholds', metric, index]);
    }
  }
}

function misspelt(expression: string): ThresholdProblem | undefined {
  const parsed = parseThreshold(expression);
  return isProblem(parsed) ? parsed : undefined;
}

const target = fixedText(2048).superRefine((value, context) => {
  if (value.includes('{{')) return;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url)
    addIssue(context, 'this is not a URL', {
      allowed: 'ws://host:port/path, wss://, http://host:port/path, https://, tcp://host:port or tls://',
    });
  else if (!isWebSocket(value) && !isStream(value) && !isHttp(value))
    addIssue(context, 'this kind of target is not supported', { allowed: 'ws://, wss://, http://, https://, tcp:// or tls://' });
  else if (url.username || url.password)
    addIssue(context, 'a target holds no user or password', { given: `${url.protocol}//...@${url.host}`, allowed: 'headers: of connect' });
  else if (isStream(value) && (url.port === '' || !/^\/?$/.test(url.pathname + url.search + url.hash)))
    addIssue(context, 'a tcp or tls target is a host and a port', { allowed: 'tcp://host:port or tls://host:port' });
});

const serve = z.strictObject({
  command: fixedText().describe('Started before the run and stopped after it.'),
  ready: fixedText(2048)
    .superRefine((value, context) => {
      const isHttp = URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
      if (!isHttp && !value.includes('{{')) addIssue(context, 'this is not a URL of HTTP', { allowed: 'http://host:port/path' });
    })
    .describe('The run begins when this URL answers 200.'),
  env: environmentValues().prefault({}).describe('More environment variables for it.'),
});

const metricsUrl = fixedText(2048).superRefine((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!/^https?:$/.test(url?.protocol ?? '') || url!.username || url!.password)
    addIssue(context, 'this is not a URL of HTTP', { allowed: 'http://host:port/metrics' });
});

const swarm = z.strictObject({
  threads: z
    .union([z.literal('auto'), count(1, 256)], { error: 'auto, or a number from 1 to 256' })
    .prefault('auto')
    .describe('Worker threads.'),
  transport: z.enum(['auto', 'uring', 'node']).prefault('auto').describe('io_uring on Linux, or sockets of Node.'),
  sourceIps: z
    .array(fixedText(128))
    .max(256)
    .prefault([])
    .describe('Local addresses: single, ranges (127.0.1.1-127.0.1.9) or CIDR (127.0.1.0/24).'),
  maxConnecting: count(1, 1_000_000).prefault(1000).describe('At most this many connections being opened at once, over all threads.'),
});

const fileKeys = {
  name: name().describe('Names the run and its directory.'),
  target: target.describe('The server: ws://, wss://, tcp:// or tls://.'),
  serve: serve.nullable().optional().describe('Starts a server for the run; null starts none (--set serve=null).'),
  targetMetrics: metricsUrl
    .optional()
    .describe('Metrics of the target in the text form of Prometheus, read once a second beside the load.'),
  swarm: swarm.prefault({}).describe('How the load is made.'),
  variables: z.record(identifier(), clientText()).prefault({}).describe('Values for {{ NAME }}; -e NAME=VALUE replaces them.'),
  feeders: feeders().prefault({}).describe('Files whose rows give clients values: {{ name.column }}.'),
  layouts: layouts.prefault({}).describe('Packets field by field, by name, for `packet:` of send and expect.'),
  scenarios: z.record(name(), scenario).describe('What runs, by name. Scenarios run at the same time.'),
  thresholds: thresholds.prefault({}).describe('Rules by metric; the run fails when one does not hold.'),
};

const fileObject = z.strictObject(fileKeys);
const environment = z.strictObject(
  Object.fromEntries(Object.keys(fileKeys).map((key) => [key, z.unknown().optional()])) as Record<
    keyof typeof fileKeys,
    z.ZodOptional<z.ZodUnknown>
  >,
);

export const scenarioFile = fileObject
  .extend({
    environments: z
      .record(name(), environment)
      .prefault({})
      .describe('Laid over the file by --environment NAME: maps key by key, the rest replaced.'),
  })
  .superRefine(checkThresholds, always);

/** The file after validation: durations in microseconds, defaults filled in. */
export type ScenarioFile = z.output<typeof scenarioFile>;
export type ScenarioEntry = ScenarioFile['scenarios'][string];

/** JSON Schema (draft 2020-12) of scenario files, for editors and `gwrk schema`. */
export function scenarioJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(scenarioFile, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: 'A scenario of gwrk', ...schema };
}
