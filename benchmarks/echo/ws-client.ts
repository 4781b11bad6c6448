/**
 * The fastest echo client that npm ws allows: no compression, no UTF-8 check, one reused frame. argv: url, connections,
 * seconds; prints round trips a second.
 */
import WebSocket from 'ws';

const [url = '', connections = '256', seconds = '4'] = process.argv.slice(2);
const body = Buffer.alloc(32, 'x');
const options = { perMessageDeflate: false, skipUTF8Validation: true };
let roundTrips = 0;

const sockets = await Promise.all(
  Array.from(
    { length: Number(connections) },
    () =>
      new Promise<WebSocket>((resolve, reject) => {
        const socket = new WebSocket(url, options);
        socket.once('open', () => resolve(socket));
        socket.once('error', reject);
      }),
  ),
);
for (const socket of sockets) {
  socket.on('message', () => {
    roundTrips++;
    socket.send(body);
  });
  socket.send(body);
}
const start = performance.now();
setTimeout(() => {
  process.stdout.write(`${roundTrips / ((performance.now() - start) / 1e3)}\n`, () => process.exit(0));
}, Number(seconds) * 1e3);
