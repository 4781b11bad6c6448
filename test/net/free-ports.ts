import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** Where Linux hands out ports by default. */
const USUAL_RANGE = [32_768, 60_999] as const;
const LOWEST = 10_000;
const TRIES = 1_000;

/**
 * Ports of loopback that nobody listens on, for servers that must be told theirs. They are none of those that the kernel
 * hands out by itself: such a one may belong to any outgoing connection by the time at which the server wants it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const [first] = ephemeralRange();
  const held: Server[] = [];
  for (let tries = 0; held.length < count; tries++) {
    if (tries === TRIES) throw new Error(`no ${count} free ports in ${TRIES} tries`);
    // Where the kernel's range leaves no room below, it is the kernel that chooses.
    const room = first - LOWEST;
    const server = await listening(room > 100 ? LOWEST + Math.floor(Math.random() * room) : 0);
    if (server !== undefined) held.push(server);
  }
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!;
}

function ephemeralRange(): readonly [first: number, last: number] {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/u).map(Number);
    return [first!, last!];
  } catch {
    return USUAL_RANGE;
  }
}

/** Undefined where somebody has the port already. */
function listening(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
