import { randomBytes } from 'node:crypto';
import { Command, CommanderError, type Option } from 'commander';
import { GwrkError } from '../src/core/errors.js';
import { Secret } from '../src/core/secret.js';
import { type AuditOptions, addAuditFlags, parseAuditOptions } from './audit/audit-options.js';
import type { ProofKind } from './auth/proof.js';
import { parseRedisUrl, type RedisAddress } from './auth/redis-url.js';
import type { DevicePolicy } from './auth/store.js';
import { isLoopback } from './http-exchange.js';
import { parseChoice, parseCount, parseDurationMs, parseHost, parseOrigin, parsePort } from './option-values.js';
import { readSourceSecrets, type SourceSecrets } from './rules/sources/create-source.js';
import { onlyOneSource, parseRulesFlag, RULES_FLAG_HELP, RULES_FOOTER, type SourceAddress } from './rules/sources/source-address.js';

export interface ServeOptions extends AuditOptions {
  /** Where sessions are kept; undefined without --redis: in this process. */
  readonly redis: RedisAddress | undefined;
  /** Where rules come from; undefined without --rules. */
  readonly rules: SourceAddress | undefined;
  readonly rulesSecrets: SourceSecrets;
  readonly host: string;
  /** Ports: 0 picks a free one. */
  readonly port: number;
  readonly httpPort: number;
  readonly adminPort: number;
  readonly gateway: 'auto' | 'ws' | 'uring';
  readonly threads: number;
  /** 0: rooms live in the gateway thread. */
  readonly logicWorkers: number;
  readonly proof: ProofKind;
  readonly heartbeatMs: number;
  readonly rooms: number;
  readonly roomTickMs: number;
  readonly echo: boolean;
  readonly maxConnections: number;
  readonly maxSessions: number;
  readonly sessionsPerUser: number;
  readonly devicesPerUser: number;
  readonly devicePolicy: DevicePolicy;
  readonly allowedOrigins: readonly string[];
  /** 32 bytes. */
  readonly masterKey: Secret<Uint8Array>;
  readonly isMasterKeyFresh: boolean;
  readonly adminToken: Secret<string>;
  readonly isAdminTokenFresh: boolean;
  /** Files of --tls-cert and --tls-key. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | undefined;
  /** The credentials of --proof scrypt. */
  readonly credentialsPath: string | undefined;
}

/** Asked for help: not an error; `text` is to be printed. */
export class HelpRequest {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const FOOTER = `
Environment:
  GWRK_MASTER_KEY   64 hex digits; every key is derived from it (default: a fresh one each start)
  GWRK_ADMIN_TOKEN  the bearer of the admin port (default: a fresh one, said in the ready line)
  GWRK_REDIS        like --redis: a password there is not seen in the list of processes
  GWRK_CREDENTIALS  the file of --proof scrypt: a line a user, uid:salt:hash
${RULES_FOOTER}`;

/** A flag's line of --help: a default that says nothing (off, an empty list) is not shown. */
function describeFlag({ description, defaultValue, defaultValueDescription }: Option): string {
  const isNothing = defaultValue === undefined || defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return isNothing ? description : `${description} (default: ${defaultValueDescription ?? defaultValue})`;
}

function buildCommand(): Command {
  const command = new Command('gwrk serve')
    .description('Starts the reference game server. Prints one line of JSON when it is ready; SIGTERM drains it.')
    .option('--host <address>', 'address of the WebSocket and http ports', '127.0.0.1')
    .option('--port <n>', 'WebSocket port', '9000')
    .option('--http-port <n>', 'login and health', '9001')
    .option('--admin-port <n>', 'rules, revocation, bulk sessions, metrics and statistics, on loopback', '9002')
    .option('--gateway <kind>', 'auto, ws (npm ws, portable) or uring (Linux)', 'auto')
    .option('--threads <n>', 'gateway threads; more than one needs the uring gateway', '1')
    .option('--logic-workers <n>', 'threads that own the rooms; 0: the gateway thread (default: 0, with more gateway threads 1)')
    .option('--proof <kind>', 'what a login must show: ticket, scrypt, or none (callers of this machine only)', 'ticket')
    .option('--heartbeat <duration>', 'how often clients beat', '10s')
    .option('--rooms <n>', 'rooms 0 .. n - 1 exist', '20000')
    .option('--room-tick <duration>', 'how often rooms tell their members what changed', '100ms')
    .option('--max-connections <n>', 'connections in all', '1200000')
    .option('--max-sessions <n>', 'sessions in all', '1200000')
    .option('--sessions-per-user <n>', 'a further login ends the oldest one', '1')
    .option('--devices-per-user <n>', 'devices remembered of a user, each for 30 days', '5')
    .option('--device-policy <policy>', 'a login from one device more: evict the one seen longest ago, or deny', 'evict')
    .option('--allow-origin <origin...>', 'web pages that may connect (none by default)', [])
    .option('--rules <source>', RULES_FLAG_HELP, onlyOneSource);
  return addAuditFlags(command)
    .option('--redis <url>', 'keep sessions in Redis: redis://[user:password@]host[:port][/db], rediss:// for TLS (default: in memory)')
    .option('--tls-cert <file>', 'speak TLS on the WebSocket and http ports: the certificate (PEM), those of its issuers behind it')
    .option('--tls-key <file>', 'its private key (PEM, no passphrase)')
    .option('--insecure-plaintext', 'allow a --host that other machines can reach, though nothing is encrypted', false)
    .option('--echo', 'a plain WebSocket echo and nothing else', false)
    .addHelpText('after', FOOTER)
    .configureHelp({ optionDescription: describeFlag })
    .allowExcessArguments(false)
    .exitOverride();
}

function parseFlags(
  argv: readonly string[],
): Record<string, string> & { allowOrigin: string[]; insecurePlaintext: boolean; echo: boolean } {
  let printed = '';
  const command = buildCommand().configureOutput({
    writeOut: (text) => {
      printed += text;
    },
    writeErr: () => {},
  });
  try {
    return command.parse(argv, { from: 'user' }).opts();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') throw new HelpRequest(printed);
    const [told = '', meant] = error.message.replace(/^error: /, '').split('\n');
    throw new GwrkError('GWRK_USAGE', told, {
      allowed: command.options.map(({ long }) => long).join(' '),
      hint: meant?.replace(/^\((.*)\)$/, '$1') ?? 'gwrk serve --help lists the flags',
    });
  }
}

function readMasterKey(env: NodeJS.ProcessEnv): Uint8Array | undefined {
  const given = env.GWRK_MASTER_KEY;
  if (given === undefined || given === '') return undefined;
  if (/^[0-9a-f]{64}$/i.test(given)) return new Uint8Array(Buffer.from(given, 'hex'));
  // What was given is not shown: it may be the key with a blank too many.
  throw new GwrkError('GWRK_USAGE', 'the master key is malformed', { where: 'GWRK_MASTER_KEY', allowed: '64 hex digits' });
}

function readRedis(given: string | undefined, env: NodeJS.ProcessEnv): RedisAddress | undefined {
  if (given !== undefined) return parseRedisUrl(given, '--redis');
  return env.GWRK_REDIS ? parseRedisUrl(env.GWRK_REDIS, 'GWRK_REDIS') : undefined;
}

function readAdminToken(env: NodeJS.ProcessEnv): string | undefined {
  const given = env.GWRK_ADMIN_TOKEN;
  if (given === undefined || given === '') return undefined;
  if (/^[\x21-\x7e]{1,512}$/.test(given)) return given;
  throw new GwrkError('GWRK_USAGE', 'the admin token is malformed', {
    where: 'GWRK_ADMIN_TOKEN',
    allowed: 'at most 512 visible ASCII characters, no blanks',
  });
}

/** Rooms are one truth: a gateway thread can own them only while it is the only one. */
function parseLogicWorkers(given: string | undefined, threads: number): number {
  if (given === undefined) return threads > 1 ? 1 : 0;
  const workers = parseCount('--logic-workers', given, 0, 64);
  if (workers > 0 || threads === 1) return workers;
  throw new GwrkError('GWRK_USAGE', 'several gateway threads need a logic worker to own the rooms', {
    where: '--logic-workers',
    given,
    allowed: '1 to 64 with more than one of --threads',
  });
}

function tlsPaths(certPath: string | undefined, keyPath: string | undefined): ServeOptions['tls'] {
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath === undefined && keyPath === undefined) return undefined;
  const [given, missing] = certPath === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key'];
  throw new GwrkError('GWRK_USAGE', `${given} without ${missing} is of no use`, { where: given, hint: `add ${missing}` });
}

/**
 * The flags of `gwrk serve` and its secrets from the environment. Throws GWRK_USAGE with what is allowed, or a HelpRequest.
 */
export function parseServeOptions(argv: readonly string[], env: NodeJS.ProcessEnv): ServeOptions {
  const flags = parseFlags(argv);
  const host = parseHost('--host', flags.host!);
  const tls = tlsPaths(flags.tlsCert, flags.tlsKey);
  if (!isLoopback(host) && tls === undefined && !flags.insecurePlaintext) {
    throw new GwrkError('GWRK_USAGE', 'session secrets would cross the network in clear', {
      where: '--host',
      given: host,
      allowed: 'a loopback address',
      hint: 'give --tls-cert and --tls-key, put a TLS proxy in front, or add --insecure-plaintext in a network that you trust',
    });
  }
  const gateway = parseChoice('--gateway', flags.gateway!, ['auto', 'ws', 'uring']);
  const threads = parseCount('--threads', flags.threads!, 1, 64);
  const proof = parseChoice('--proof', flags.proof!, ['ticket', 'scrypt', 'none']);
  const credentialsPath = env.GWRK_CREDENTIALS || undefined;
  if (proof === 'scrypt' && credentialsPath === undefined) {
    throw new GwrkError('GWRK_USAGE', '--proof scrypt needs a credentials file', {
      where: 'GWRK_CREDENTIALS',
      allowed: 'the path of a file with a line a user: uid:salt:hash',
    });
  }
  const masterKey = readMasterKey(env);
  const adminToken = readAdminToken(env);
  return {
    host,
    port: parsePort('--port', flags.port!),
    httpPort: parsePort('--http-port', flags.httpPort!),
    adminPort: parsePort('--admin-port', flags.adminPort!),
    gateway,
    threads,
    logicWorkers: parseLogicWorkers(flags.logicWorkers, threads),
    proof,
    heartbeatMs: parseDurationMs('--heartbeat', flags.heartbeat!, 100, 3_600_000),
    rooms: parseCount('--rooms', flags.rooms!, 1, 1_000_000),
    roomTickMs: parseDurationMs('--room-tick', flags.roomTick!, 10, 60_000),
    echo: flags.echo,
    ...parseAuditOptions(flags),
    redis: readRedis(flags.redis, env),
    rules: parseRulesFlag(flags.rules, flags.echo),
    rulesSecrets: readSourceSecrets(env),
    maxConnections: parseCount('--max-connections', flags.maxConnections!, 1, 4_000_000),
    maxSessions: parseCount('--max-sessions', flags.maxSessions!, 1, 10_000_000),
    sessionsPerUser: parseCount('--sessions-per-user', flags.sessionsPerUser!, 1, 1_000),
    devicesPerUser: parseCount('--devices-per-user', flags.devicesPerUser!, 1, 1_000),
    devicePolicy: parseChoice('--device-policy', flags.devicePolicy!, ['evict', 'deny']),
    allowedOrigins: flags.allowOrigin.map((origin) => parseOrigin('--allow-origin', origin)),
    masterKey: new Secret(masterKey ?? new Uint8Array(randomBytes(32))),
    isMasterKeyFresh: masterKey === undefined,
    adminToken: new Secret(adminToken ?? randomBytes(24).toString('base64url')),
    isAdminTokenFresh: adminToken === undefined,
    tls,
    credentialsPath,
  };
}
