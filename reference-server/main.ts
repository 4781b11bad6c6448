import { realpathSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/core/clock.js';
import { formatError, GwrkError } from '../src/core/errors.js';
import { EXIT } from '../src/core/exit-codes.js';
import { jsonLine } from './json-line.js';
import { HelpRequest, parseServeOptions, type ServeOptions } from './options.js';
import { type Server, startServer } from './server.js';

const DRAIN_MS = 30_000;
const CRASH_DRAIN_MS = 5_000;
/**
 * Four fifths of a gateway thread's weight. At nice 5, a third, the main thread would also stand behind every other program of
 * a busy machine, and then a whole ramp waits for its logins.
 */
const MAIN_THREAD_NICE = 1;
/** EX_SOFTWARE of sysexits.h: a fault of the server's own. */
const EXIT_CRASHED = 70;

/** `gwrk serve`: runs the server until a signal or a fault ends it; resolves with the exit code. */
export async function serve(argv: readonly string[]): Promise<number> {
  let server: Server;
  let options: ServeOptions;
  try {
    options = parseServeOptions(argv, process.env);
    server = await startServer(options, systemClock);
  } catch (error) {
    if (error instanceof HelpRequest) {
      process.stdout.write(error.text);
      return EXIT.passed;
    }
    return complain(error);
  }
  yieldToGateway();
  const ended = untilEnded(server);
  process.stdout.write(`${readyLine(server, options)}\n`);
  return ended;
}

/**
 * Lets the gateway threads run first where all share a core: a burst of logins then delays no heartbeat. Linux alone keeps a
 * priority for each thread, and there the main thread is the one whose id is the process's.
 */
function yieldToGateway(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(process.pid, MAIN_THREAD_NICE);
  } catch {
    // forbidden here: it works without
  }
}

/** The line that starters wait for. A master key is never in it. */
function readyLine(server: Server, options: ServeOptions): string {
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const secure = options.tls === undefined ? '' : 's';
  return JSON.stringify({
    event: 'ready',
    ws: `ws${secure}://${host}:${server.wsPort}/v1/ws`,
    http: `http${secure}://${host}:${server.httpPort}`,
    admin: `http://127.0.0.1:${server.adminPort}`,
    gateway: server.gateway,
    ...(options.tls !== undefined && options.gateway === 'auto' ? { gatewayReason: 'TLS is spoken by the ws gateway' } : {}),
    pid: process.pid,
    ...(options.isMasterKeyFresh ? { freshKeys: true } : {}),
    ...(options.isAdminTokenFresh ? { adminToken: options.adminToken.reveal() } : {}),
  });
}

/** Resolves with the exit code once the server is closed: by a signal 0, by a fault 70, by a gateway thread's death 1. */
function untilEnded(server: Server): Promise<number> {
  return new Promise((resolve) => {
    let signals = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      signals += 1;
      if (signals > 1) process.exit(128 + constants.signals[signal]);
      server.drain(DRAIN_MS).then(() => resolve(EXIT.passed));
    };
    process.on('SIGTERM', onSignal);
    // `gwrk serve` has died, of a SIGKILL perhaps, and nobody is left to end us.
    process.on('disconnect', () => onSignal('SIGTERM'));
    process.channel?.unref();
    process.on('SIGINT', onSignal);
    process.on('uncaughtException', (error) => {
      log('fault', error);
      server.drain(CRASH_DRAIN_MS).finally(() => resolve(EXIT_CRASHED));
    });
    server.failure.catch((error: Error) => {
      log('thread ended', error);
      server.stop().finally(() => resolve(EXIT.failed));
    });
  });
}

/** One line of JSON on stderr; its text cannot break the line or reach a terminal as an escape. */
function log(event: string, error: Error): void {
  process.stderr.write(`${jsonLine({ event, message: error.message, stack: error.stack })}\n`);
}

function complain(error: unknown): number {
  const known =
    error instanceof GwrkError
      ? error
      : new GwrkError('GWRK_INTERNAL', error instanceof Error ? (error.stack ?? error.message) : String(error), { cause: error });
  // The last line as every command of gwrk has it.
  process.stderr.write(`${formatError(known)}\nexit ${known.exitCode}: ${known.code} ${known.message.split('\n', 1)[0]}\n`);
  return known.exitCode;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exit(await serve(process.argv.slice(2)));
}
