import { EXIT } from './exit-codes.js';

export interface ErrorRow {
  /** What happened, as a heading of docs/errors.md. */
  readonly title: string;
  /** What to do about it. */
  readonly hint: string;
  readonly exitCode: number;
}

const row = (exitCode: number, title: string, hint: string): ErrorRow => ({ title, hint, exitCode });

/** Every code that gwrk can end with, in one table. docs/errors.md has one heading a code; a test keeps both equal. */
export const ERRORS = {
  GWRK_USAGE: row(
    EXIT.badInput,
    'A command or flag is not as gwrk expects it',
    'gwrk --help lists the commands, gwrk <command> --help its flags',
  ),
  GWRK_SCENARIO_UNREADABLE: row(EXIT.badInput, 'The scenario file cannot be read', 'check the path and its permissions'),
  GWRK_SCENARIO_SYNTAX: row(EXIT.badInput, 'The scenario file is not YAML', 'indent with spaces and quote values that hold : or #'),
  GWRK_SCENARIO_INVALID: row(
    EXIT.badInput,
    'The scenario file does not fit its schema',
    'gwrk schema prints what is allowed; docs/scenarios.md explains every key',
  ),
  GWRK_DRIVER_INVALID: row(EXIT.badInput, 'The driver of a scenario cannot be used', 'docs/drivers.md says what a driver is'),
  GWRK_DRIVER_THREW: row(EXIT.driverThrew, 'The driver of a scenario threw', 'the message names the place in your file'),
  GWRK_FEEDER_INVALID: row(
    EXIT.badInput,
    'The file of a feeder cannot be used',
    'docs/scenarios.md says what a feeder reads; the message names the line',
  ),
  GWRK_TARGET_NOT_ALLOWED: row(
    EXIT.badInput,
    'The target needs your consent',
    'type the target on the command line, or add --allow-target host:port',
  ),
  GWRK_TARGET_UNRESOLVED: row(EXIT.badInput, 'The name of the target has no address', 'check the host name and your resolver'),
  GWRK_LIMIT_DESCRIPTORS: row(
    EXIT.badInput,
    'The plan needs more file descriptors than this process may open',
    'raise the limit: ulimit -n, LimitNOFILE= in systemd, or use --transport uring',
  ),
  GWRK_LIMIT_PORTS: row(
    EXIT.badInput,
    'The plan needs more local ports than the source addresses have',
    'add source addresses (--source-ip 127.0.1.0/24) or widen net.ipv4.ip_local_port_range',
  ),
  GWRK_LIMIT_MEMORY: row(EXIT.badInput, 'The plan needs more memory than this machine has', 'lower the number of clients'),
  GWRK_TRANSPORT_UNAVAILABLE: row(EXIT.badInput, 'The transport asked for does not work here', 'use --transport auto'),
  GWRK_SERVE_FAILED: row(
    EXIT.failed,
    'The server of the scenario did not become ready',
    'run the command of serve: by itself and read what it prints',
  ),
  GWRK_INTERRUPTED: row(EXIT.interrupted, 'The run was interrupted before it began', 'nothing was measured; start it again'),
  GWRK_OUTPUT_UNWRITABLE: row(EXIT.failed, 'A result cannot be written', 'free space, or choose another directory with --out'),
  GWRK_REPORT_UNREADABLE: row(EXIT.badInput, 'That is not a report of gwrk', 'give the directory of a run, or its report.json'),
  GWRK_NOT_COMPARABLE: row(
    EXIT.badInput,
    'These runs cannot be compared',
    'compare runs of one scenario, with as many clients, on one kind of machine; gwrk ab runs both sides side by side',
  ),
  GWRK_BASELINE_INVALID: row(EXIT.badInput, 'That is no baseline', 'gwrk baseline show lists those that were saved'),
  GWRK_HISTORY_UNREADABLE: row(EXIT.badInput, 'That is not a history of gwrk', 'give the history.jsonl that gwrk baseline save writes'),
  GWRK_RULES_UNREADABLE: row(EXIT.badInput, 'The file of --rules cannot be read', 'check the path and its permissions'),
  GWRK_RULES_INVALID: row(EXIT.badInput, 'The file of --rules holds no rules', 'docs/server.md shows what rules look like'),
  GWRK_STORE_UNREACHABLE: row(
    EXIT.failed,
    'The Redis of --redis cannot be used',
    'check the address and the password, and that redis-cli -u <url> ping answers PONG',
  ),
  GWRK_WORKER_DIED: row(
    EXIT.failed,
    'A worker of the swarm ended before its time',
    'this is a fault of gwrk: please report it with the lines above',
  ),
  GWRK_INSPECTOR_NO_PROCESS: row(
    EXIT.badInput,
    'The process to inspect cannot be looked at',
    'check the pid, and that it is your own process',
  ),
  GWRK_INSPECTOR_NOT_NODE: row(
    EXIT.badInput,
    'The process to inspect is not Node',
    'only Node has an inspector; --target-pid measures a process of any language',
  ),
  GWRK_INSPECTOR_NO_SIGNAL_HANDLER: row(
    EXIT.badInput,
    'The process to inspect would be ended by the signal that opens an inspector',
    'start it with --inspect=0 (or NODE_OPTIONS=--inspect=0) and give the URL that it prints',
  ),
  GWRK_INSPECTOR_NO_PORT: row(
    EXIT.badInput,
    'The process to inspect has no port of an inspector',
    'start it with --inspect=0 (or NODE_OPTIONS=--inspect=0) and give the URL that it prints',
  ),
  GWRK_INSPECTOR_REFUSED: row(
    EXIT.badInput,
    'The address of an inspector cannot be used',
    'forward its port to this machine: ssh -L 9229:127.0.0.1:9229 host',
  ),
  GWRK_INSPECTOR_LOST: row(EXIT.failed, 'The inspector of a process ended or refused', 'see whether the process still runs; attach again'),
  GWRK_FLAME_TOOL_MISSING: row(
    EXIT.badInput,
    'The profiler asked for is not installed',
    'docs/flame-graphs.md says where to get each tool',
  ),
  GWRK_FLAME_NOT_ALLOWED: row(
    EXIT.badInput,
    'This user may not profile that process',
    'run gwrk as the user of the process or as root; docs/flame-graphs.md says what the kernel asks for',
  ),
  GWRK_FLAME_NO_PROCESS: row(EXIT.badInput, 'There is no process to profile', 'check the pid; --target-pid names it for gwrk run'),
  GWRK_FLAME_FAILED: row(EXIT.failed, 'The profiler failed', 'the lines above are the last it said'),
  GWRK_FLAME_EMPTY: row(EXIT.invalid, 'The profile holds no sample', 'profile longer (--duration), while the process works'),
  GWRK_FLAME_UNREADABLE: row(
    EXIT.badInput,
    'That is not a profile',
    'give the directory of a run or of gwrk flame, a .cpuprofile or a file of folded stacks',
  ),
  GWRK_INTERNAL: row(EXIT.failed, 'gwrk itself failed', 'this is a fault of gwrk: please report it with the lines above'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
