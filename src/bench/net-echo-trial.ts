/**
 * The simplest echo that Node has: node:net, a callback a piece that is read, no framing.
 *
 *   node dist/src/bench/net-echo-trial.js
 *
 * prints one line of JSON with its address and serves until it is ended. `gwrk bench io` runs it.
 */
import { type AddressInfo, createServer } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('error', () => socket.destroy()); // the peer is gone; that is all there is to it
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ event: 'ready', ws: `tcp://127.0.0.1:${port}`, pid: process.pid })}\n`);
});
