/** Tries out whether io_uring can be used here: versions say little, containers and settings forbid much. */
import { readFileSync } from 'node:fs';
import { Acceptor } from './acceptor.js';
import { IORING_OP_BIND, IORING_OP_SOCKET, IORING_OP_URING_CMD, IORING_REGISTER_PROBE } from './kernel-constants.js';
import { Ring } from './ring.js';
import { SocketGroup } from './socket-group.js';

export interface Probe {
  readonly available: boolean;
  /** One line for people: why not, or what works. */
  readonly reason: string;
}

/** GWRK_FORBID_URING=1 in the environment answers no, so that the way without io_uring can be tried anywhere. */
export function probeUring(): Probe {
  const no = (reason: string): Probe => ({ available: false, reason });
  if (process.platform !== 'linux') return no(`io_uring is a part of Linux, this is ${process.platform}`);
  if (process.arch !== 'x64' && process.arch !== 'arm64') return no(`io_uring is not driven on ${process.arch}, only on x64 and arm64`);
  if (process.env.GWRK_FORBID_URING === '1') return no('io_uring is forbidden here (GWRK_FORBID_URING=1)');
  try {
    const missing = missingOperation();
    if (missing) return no(`this kernel’s io_uring has no ${missing}`);
    return echoOnce() ? { available: true, reason: 'io_uring works here' } : no('io_uring did not carry a byte over loopback');
  } catch (error) {
    return no(explain(error as Error));
  }
}

function missingOperation(): string | undefined {
  const ring = new Ring(8, 16);
  try {
    const probe = new Uint8Array(16 + 256 * 8); // struct io_uring_probe and its operations
    ring.register(IORING_REGISTER_PROBE, probe, 256);
    const supported = (operation: number): boolean => operation <= probe[0]! && (probe[16 + operation * 8 + 2]! & 1) === 1;
    if (!supported(IORING_OP_SOCKET)) return 'IORING_OP_SOCKET (Linux 5.19)';
    if (!supported(IORING_OP_URING_CMD)) return 'IORING_OP_URING_CMD for sockets (Linux 6.7)';
    if (!supported(IORING_OP_BIND)) return 'IORING_OP_BIND (Linux 6.11)';
    return undefined;
  } finally {
    ring.destroy();
  }
}

/** Accept, connect with a chosen source address, send, receive: every operation that the fast path uses, once. */
function echoOnce(): boolean {
  let heard = false;
  let listenerPort = 0;
  const now = (): number => performance.now() * 1e3;
  const hello = new Uint8Array([1, 2, 3]);
  const server = new SocketGroup(
    { capacity: 16, slotsPerRing: 16, now },
    {
      onAccepted: () => {},
      onConnected: () => {},
      onData: (row, bytes, start, end) => server.send(row, bytes, start, end),
      onClosed: () => {},
    },
  );
  try {
    const acceptor = new Acceptor(server, '127.0.0.1', 0);
    listenerPort = acceptor.port;
    const client = new SocketGroup(
      { capacity: 1, slotsPerRing: 1, targets: [{ address: '127.0.0.1', port: listenerPort }], sources: ['127.0.0.1'], now },
      {
        onAccepted: () => {},
        onConnected: () => {},
        onData: (_row, bytes, start, end) => {
          heard = end - start === hello.length && bytes[start + 1] === 2;
        },
        onClosed: () => {},
      },
    );
    client.connect(0, 0, 0, hello, 0, hello.length);
    for (let round = 0; round < 100 && !heard; round++) {
      client.poll(1000);
      server.poll(1000);
    }
    acceptor.stop();
    client.destroy();
  } finally {
    server.destroy();
  }
  return heard;
}

function explain(error: Error): string {
  const errno = Number(/errno (\d+)/.exec(error.message)?.[1]);
  if (errno === 1) {
    const setting = readSetting('/proc/sys/kernel/io_uring_disabled');
    return setting && setting !== '0'
      ? `io_uring is forbidden here (kernel.io_uring_disabled=${setting})`
      : 'io_uring is forbidden here (EPERM)';
  }
  if (errno === 38) return 'this kernel has no io_uring';
  if (errno === 22) return 'this kernel’s io_uring is older than Linux 6.1 (no DEFER_TASKRUN)';
  if (errno === 12) return 'io_uring could not lock enough memory (ulimit -l)';
  if (/koffi/.test(error.message)) return 'the optional package koffi is not installed or does not load here';
  return `io_uring could not be set up: ${error.message}`;
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return undefined;
  }
}
