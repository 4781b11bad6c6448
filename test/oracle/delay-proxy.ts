/**
 * A TCP proxy in front of a gateway: `node delay-proxy.js <port> <upgradeMs> <authMs>`. The answer to the upgrade leaves `upgradeMs`
 * after the request came, and the first packet of the client (its AUTH) goes on `authMs` after it came.
 * Lines of JSON on stdout: its port.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { ReplyClock } from './reply-clock.js';

const [port, upgradeMs, authMs] = process.argv.slice(2).map(Number) as [number, number, number];
const clock = new ReplyClock();

/** Passes on what comes, in order, not before `heldUntilMs` of its chunk. */
function pass(from: Socket, to: Socket, heldUntilMs: (chunk: number) => number): void {
  let chunk = 0;
  let lastMs = 0;
  from.on('data', (data) => {
    lastMs = Math.max(lastMs, heldUntilMs(chunk++), performance.now());
    if (lastMs <= performance.now()) to.write(data);
    else clock.at(lastMs, () => to.write(data));
  });
  from.on('end', () => clock.at(lastMs, () => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}

const server = createServer((client) => {
  client.setNoDelay(true);
  const gateway = connect({ port, host: '127.0.0.1', noDelay: true });
  let requestedMs = 0;
  pass(client, gateway, (chunk) => {
    if (chunk === 0) requestedMs = performance.now();
    return chunk === 1 ? performance.now() + authMs : 0;
  });
  pass(gateway, client, (chunk) => (chunk === 0 ? requestedMs + upgradeMs : 0));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`));
process.once('SIGTERM', () => process.exit(0));
