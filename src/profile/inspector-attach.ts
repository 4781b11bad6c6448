import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GwrkError } from '../core/errors.js';
import { isInBlock, parseIp, parseIpBlock } from '../core/ip-address.js';
import { isInspector, webSocketOf } from './inspector-discovery.js';
import { type ListeningPort, listeningPorts } from './listening-ports.js';

/** Where an inspector can be spoken to. */
export interface InspectorPlace {
  /** ws://host:port/id */
  readonly webSocketUrl: string;
  /** The port was opened by us, so it is ours to close. */
  readonly isOurs: boolean;
}

/** Where SIGUSR1 opens an inspector when --inspect-port says nothing else. */
const DEFAULT_PORT = 9229;
const LOOPBACK = [parseIpBlock('127.0.0.0/8')!, parseIpBlock('::1/128')!];
/** Bit of SIGUSR1 (10) in the signal masks of /proc/PID/status. */
const SIGUSR1_BIT = 1n << 9n;
/** A process that has just been started sets its handler within its first tenths of a second. */
const HANDLER_WAIT_MS = 1000;
/** 7 to 17 ms on an idle machine (measure.md 4.2); a busy one may take long. */
const PORT_WAIT_MS = 5000;
const LOOK_EVERY_MS = 15;
/** Where an inspector may be at any port, this long a new one is waited for before the open ones are asked. */
const NEW_PORT_MS = 500;

const URL_INSTEAD = 'start it with --inspect=0 (or NODE_OPTIONS=--inspect=0) and give the URL that it prints';

/**
 * Opens the inspector of a running Node process, or finds the one that is open. SIGUSR1 ends a process that does not catch
 * it, so nothing is signalled that is not Node or has no handler. Throws GWRK_INSPECTOR_NO_PROCESS, _NOT_NODE,
 * _NO_SIGNAL_HANDLER and _NO_PORT.
 */
export async function openInspector(pid: number): Promise<InspectorPlace> {
  checkNode(pid);
  const before = listeningPorts(pid);
  // Ports of the program itself are not asked without need: what it makes of an HTTP request there nobody knows.
  if (hasOption(pid, /^--inspect(-brk|-wait)?(=|$)/u)) {
    const open = await firstInspector(before);
    if (open) return { webSocketUrl: await webSocketOf(open), isOurs: false };
  }
  await checkHandler(pid);
  process.kill(pid, 'SIGUSR1');
  const known = new Set(before.map(baseOf));
  const hasOwnPort = hasOption(pid, /^--inspect-port(=|$)/u);
  for (const deadline = Date.now() + PORT_WAIT_MS; Date.now() < deadline; await sleep(LOOK_EVERY_MS)) {
    const opened = await firstInspector(listeningPorts(pid).filter((port) => !known.has(baseOf(port))));
    if (opened) return { webSocketUrl: await webSocketOf(opened), isOurs: true };
    // Nothing new, but something listens where inspectors do: it was open before, by somebody else's signal.
    const usual = before.filter(({ port }) => port === DEFAULT_PORT || (hasOwnPort && Date.now() > deadline - PORT_WAIT_MS + NEW_PORT_MS));
    const open = await firstInspector(usual);
    if (open) return { webSocketUrl: await webSocketOf(open), isOurs: false };
  }
  throw new GwrkError('GWRK_INSPECTOR_NO_PORT', `process ${pid} opened no port for its inspector within ${PORT_WAIT_MS / 1000} s`, {
    hint: noPortHint(pid),
  });
}

/**
 * The inspector behind a URL: ws://127.0.0.1:9229/<id>, or http://127.0.0.1:9229, where the id is asked for. Who can speak
 * to an inspector can run any code in its process, so another host than this one is refused unless `isRemoteAllowed`.
 */
export async function findInspector(url: string, isRemoteAllowed = false): Promise<InspectorPlace> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['ws:', 'http:'].includes(parsed.protocol) || parsed.username !== '' || parsed.port === '') {
    throw new GwrkError('GWRK_INSPECTOR_REFUSED', 'this is not the address of an inspector', {
      given: url,
      allowed: 'ws://127.0.0.1:9229/<id> as Node prints it, or http://127.0.0.1:9229',
    });
  }
  if (!isRemoteAllowed && !isLoopbackName(parsed.hostname)) {
    throw new GwrkError('GWRK_INSPECTOR_REFUSED', 'an inspector on another host is not spoken to', { given: url });
  }
  if (parsed.protocol === 'ws:' && parsed.pathname !== '/') return { webSocketUrl: `ws://${parsed.host}${parsed.pathname}`, isOurs: false };
  return { webSocketUrl: await webSocketOf(`http://${parsed.host}`), isOurs: false };
}

function isLoopbackName(hostname: string): boolean {
  if (hostname === 'localhost') return true;
  const address = parseIp(hostname.replace(/^\[|\]$/gu, ''));
  return address !== undefined && LOOPBACK.some((block) => isInBlock(address, block));
}

function checkNode(pid: number): void {
  let program: string;
  try {
    program = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/u, '');
  } catch (cause) {
    const isDenied = (cause as NodeJS.ErrnoException).code === 'EACCES';
    throw new GwrkError(
      'GWRK_INSPECTOR_NO_PROCESS',
      isDenied ? `process ${pid} is another user's` : `there is no process ${pid} to look at in /proc`,
      { cause },
    );
  }
  if (!/^node(js)?[\d.-]*$/u.test(basename(program)))
    throw new GwrkError('GWRK_INSPECTOR_NOT_NODE', `process ${pid} is not Node, so it was not signalled`, { given: program });
}

async function checkHandler(pid: number): Promise<void> {
  for (const deadline = Date.now() + HANDLER_WAIT_MS; !catchesSigusr1(pid); await sleep(LOOK_EVERY_MS)) {
    if (Date.now() < deadline) continue;
    throw new GwrkError('GWRK_INSPECTOR_NO_SIGNAL_HANDLER', `process ${pid} does not catch SIGUSR1, so it was not signalled`, {
      hint: URL_INSTEAD,
    });
  }
}

function catchesSigusr1(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/mu.exec(textOf(pid, 'status'))?.[1];
  return caught !== undefined && (BigInt(`0x${caught}`) & SIGUSR1_BIT) !== 0n;
}

/** Whether such a word stands on its command line or in its NODE_OPTIONS. */
function hasOption(pid: number, pattern: RegExp): boolean {
  const options = /(?:^|\0)NODE_OPTIONS=([^\0]*)/u.exec(textOf(pid, 'environ'))?.[1] ?? '';
  const words = [...textOf(pid, 'cmdline').split('\0'), ...options.split(' ')];
  return words.some((word) => pattern.test(word));
}

async function firstInspector(ports: readonly ListeningPort[]): Promise<string | undefined> {
  for (const base of ports.map(baseOf)) if (await isInspector(base)) return base;
  return undefined;
}

function baseOf({ host, port }: ListeningPort): string {
  return `http://${host}:${port}`;
}

function noPortHint(pid: number): string {
  if (namespaceOf(pid) !== namespaceOf('self')) return `it runs in a network of its own (a container): ${URL_INSTEAD}`;
  return `its port (${DEFAULT_PORT}) may be another program's, or it has a handler of its own for SIGUSR1: ${URL_INSTEAD}`;
}

function namespaceOf(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return '';
  }
}

function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
