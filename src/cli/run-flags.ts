import { type Command, Option } from 'commander';
import {
  countFrom,
  durationUs,
  header,
  inspectWhere,
  list,
  pair,
  pids,
  port,
  precision,
  ratePerSecond,
  repetitions,
  seed,
} from './flag-values.js';
import { FLAME_TOOL_NAMES, type FlameToolName, flameWish } from './flame-flags.js';
import { type GateFlags, gateOptions } from './gate-flags.js';
import type { FlagShape } from './go-flags.js';
import { type PipelineFlags, pipelineOptions } from './pipeline-flags.js';

/** The flags of `gwrk run`, as commander hands them over: absent ones are undefined. */
export interface RunFlags extends GateFlags, PipelineFlags {
  /** The second argument: the target of a driver file. */
  readonly target?: string;
  readonly connections?: number;
  readonly requests?: number;
  readonly threads?: number;
  readonly duration?: number;
  readonly connectRate?: number;
  readonly messageRate?: number;
  readonly timeout?: number;
  readonly body?: string;
  readonly method?: string;
  readonly header: readonly (readonly [string, string])[];
  readonly keepalive?: boolean;
  readonly transport?: 'auto' | 'uring' | 'node';
  readonly sourceIp: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly set: readonly string[];
  readonly allowTarget: readonly string[];
  readonly insecure?: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly cacert?: string;
  readonly loginUrl?: string;
  readonly adminUrl?: string;
  readonly targetPid: readonly number[];
  readonly targetMetrics?: string;
  /** true: the target's own process. */
  readonly targetInspect?: true | number | string;
  /** The profiler; absent: none. */
  readonly flame?: FlameToolName | 'self';
  readonly slowOps: number;
  readonly tag: Readonly<Record<string, string>>;
  readonly seed?: number;
  readonly dryRun?: boolean;
  readonly thresholds: boolean;
  readonly errorLimit: boolean;
  readonly findMax?: 'connections' | 'rate';
  readonly until: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly stepTime?: number;
  /** 0 .. 1. */
  readonly precision?: number;
  readonly repeat?: number;
  /** A run, a directory of runs, or the name of a saved baseline. */
  readonly baseline?: string;
  readonly out: string;
  readonly json?: string;
  readonly html?: string;
  readonly markdown?: string;
  readonly junit?: string;
  readonly csv?: string;
  readonly hdr?: string;
  /** Port of the live page; absent: none is served. */
  readonly live?: number;
  /** Port of the metrics of the run for Prometheus; absent: none is served. */
  readonly metricsPort?: number;
  /** Address of an OpenTelemetry collector. */
  readonly otlp?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}

/** Flags that make a plan out of a URL; a scenario file says these things itself. */
export const URL_ONLY = [
  'connections',
  'requests',
  'duration',
  'connectRate',
  'messageRate',
  'timeout',
  'body',
  'method',
  'header',
  'keepalive',
] as const satisfies readonly (keyof RunFlags)[];

/** Flags that change a scenario file. */
export const FILE_ONLY = ['env', 'environment', 'set'] as const satisfies readonly (keyof RunFlags)[];

/** Of the page of --live, where none is given. */
const LIVE_PORT = 5670;
/** What flags with an optional value have without one. */
const IF_BARE: Readonly<Record<string, string>> = { flame: 'inspector', live: String(LIVE_PORT), 'target-inspect': 'target' };

const option = (flags: string, description: string): Option => new Option(flags, description);

const LOAD = (): Option[] => [
  option('-c, --connections <n>', 'clients (10, 10k, 1m)').argParser(countFrom(1)),
  option('-n, --requests <n>', 'messages or HTTP requests in all, over all clients').argParser(countFrom(1)),
  option('-d, --duration <time>', 'how long (30s, 2m)').argParser(durationUs),
  option('-R, --connect-rate <n>', 'new connections a second, whether the target keeps up or not').argParser(ratePerSecond),
  option(
    '--message-rate <n>',
    'messages a second on each connection; without it, the next follows the answer (closed: blind to stalls)',
  ).argParser(ratePerSecond),
  option('--timeout <time>', 'of a connection attempt and of an answer').argParser(durationUs),
  option('-b, --body <text>', 'the message each client sends; of http:// the body of a POST'),
  option('-X, --method <name>', 'of http://: GET (the default), POST (with a body), PUT, PATCH, DELETE, HEAD, OPTIONS'),
  option('-H, --header <name: value>', 'header of the upgrade or HTTP request; may be repeated').argParser(header).default([]),
  option('--keepalive', 'a connection stays open between its messages (the default)'),
  option('--no-keepalive', 'a new connection for each message'),
];

const SCENARIO = (): Option[] => [
  option('-e, --env <KEY=VALUE>', 'a variable of the scenario; may be repeated').argParser(pair).default({}),
  option('--environment <name>', 'use this part of environments: in the scenario'),
  option('--set <path=value>', 'replace a value of the scenario; may be repeated').argParser(list).default([]),
  option('--seed <n>', 'of everything that is random').argParser(seed),
  option('--tag <KEY=VALUE>', 'a label of the run; may be repeated').argParser(pair).default({}),
  option('--no-thresholds', 'measure, but judge no threshold'),
  option('--no-error-limit', 'go on when more than half of what is tried has failed for 10 s'),
  option('--dry-run', 'print the plan and what it needs of this machine, and start nothing'),
];

/** Flags that only --find-max has. */
export const SEARCH_ONLY = ['until', 'from', 'to', 'stepTime', 'precision'] as const satisfies readonly (keyof RunFlags)[];

const SEARCH = (): Option[] => [
  option('--find-max <what>', 'search the highest load that meets every --until').choices(['connections', 'rate']),
  option('--until <bound>', "what must hold: 'ws_msg_rtt p(99)<20'; may be repeated; else the scenario's thresholds")
    .argParser(list)
    .default([]),
  option('--from <n>', 'the first load that is tried (100)').argParser(countFrom(1)),
  option('--to <n>', 'the highest load that is tried').argParser(countFrom(1)),
  option('--step-time <time>', 'how long each load is held (10s)').argParser(durationUs),
  option('--precision <share>', 'how near the answer must come to the limit (5%)').argParser(precision),
];

const MACHINE = (): Option[] => [
  option('-t, --threads <n>', 'workers; without it, by the number of cores').argParser(countFrom(1)),
  option('--transport <kind>', 'how sockets are driven').choices(['auto', 'uring', 'node']),
  option('--source-ip <addresses>', 'local addresses: one, a range or a CIDR block; may be repeated').argParser(list).default([]),
];

const TARGET = (): Option[] => [
  option('--allow-target <host[:port]>', 'consent to load a public target that only the file names; may be repeated')
    .argParser(list)
    .default([]),
  option('-k, --insecure', 'do not check the certificate of a wss:// or tls:// target'),
  option('--cert <file>', 'certificate of ours for a wss:// or tls:// target (PEM)'),
  option('--key <file>', 'its private key (PEM)'),
  option('--cacert <file>', 'certificates to trust for a wss:// or tls:// target (PEM)'),
  option('--login-url <url>', 'where players log in, when it is not the port behind the target'),
  option('--admin-url <url>', 'admin address of the reference server (its token in GWRK_ADMIN_TOKEN)'),
  option('--target-pid <pid>', 'process to measure beside the load, with its children; may be repeated').argParser(pids).default([]),
  option('--target-metrics <url>', 'metrics of the target to read once a second (Prometheus text)'),
  option(
    '--target-inspect [pid|url]',
    "garbage collections and event loop of a Node target, by its inspector; alone: the target's process",
  ).argParser(inspectWhere),
  option('--flame [tool]', `flame graph of the hold, by ${FLAME_TOOL_NAMES.join(', ')}; self: of gwrk's own swarm`).argParser(flameWish),
  option('--slow-ops <time>', 'keep operations that take this long, for gwrk why').argParser(durationUs).default(150_000, '150ms'),
];

/** Flags that say how series of runs are judged. */
export const SERIES_ONLY = ['metric', 'maxChange', 'floor', 'inconclusive'] as const satisfies readonly (keyof RunFlags)[];

const SERIES = (): Option[] => [
  option('--repeat <n>', 'run it n times, each with a server of its own, and show medians and ranges').argParser(repetitions),
  option('--baseline <run>', 'compare with a run, a directory of runs, or what gwrk baseline save has kept'),
  ...gateOptions(),
];

const OUTPUT = (): Option[] => [
  option('-o, --out <dir>', 'directory for the directory of this run').default('reports'),
  option('--json <file>', 'write report.json there too; - is stdout'),
  option('--html <file>', 'write the page of the run (index.html) there too'),
  option('--markdown <file>', 'write the summary as Markdown'),
  option('--junit <file>', 'write the thresholds as JUnit XML'),
  option('--csv <file>', 'write the metrics as CSV'),
  option('--hdr <file>', 'write the histograms as an HdrHistogram log'),
  ...pipelineOptions(),
  option('--live [port]', `serve a page to watch the run on 127.0.0.1; port ${LIVE_PORT}, or --live=7000`).argParser(port),
  option('--metrics-port <port>', 'serve the figures of the run on 127.0.0.1 for Prometheus, live; 0 picks a free port').argParser(port),
  option('--otlp <url>', 'send the figures of the run to an OpenTelemetry collector, live'),
  option('-q, --quiet', 'no progress and no summary, only what went wrong'),
  option('--no-color', 'no colours (also by NO_COLOR)'),
];

const GROUPS: readonly (readonly [heading: string, options: () => readonly Option[]])[] = [
  ['Load (with a URL):', LOAD],
  ['Scenario:', SCENARIO],
  ['Find the limit:', SEARCH],
  ['This machine:', MACHINE],
  ['Target:', TARGET],
  ['Repeat and compare:', SERIES],
  ['Results:', OUTPUT],
];

/** Adds the flags to a command, in the groups that --help shows. */
export function addRunFlags(command: Command): Command {
  for (const [heading, options] of GROUPS) for (const each of options()) command.addOption(each.helpGroup(heading));
  return command;
}

/** The same flags for the Go-style spelling. */
export function runFlagShapes(): FlagShape[] {
  return GROUPS.flatMap(([, options]) => options()).map(({ long, short, required, optional }) => ({
    long: long!.slice(2),
    takesValue: required,
    ...(short && { short: short.slice(1) }),
    ...(optional && !required && { valueIfBare: IF_BARE[long!.slice(2)]! }),
    ...(long === '--flame' && { values: [...FLAME_TOOL_NAMES, 'self'] }),
  }));
}
