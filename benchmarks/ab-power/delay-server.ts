/**
 * A WebSocket server whose P99 is known: it answers each message after 2 ms, and two in a hundred after 36 to 44 ms, evenly
 * spread, times FACTOR. So P99 is 40 ms times FACTOR, and what the machine adds. Answers 200 on /readyz.
 *
 *   FACTOR=1.1 delay-server.js <port>
 */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const FAST_MS = 2;
const SLOW_MS = 36;
const SPREAD_MS = 8;
/** Of a hundred messages. */
const SLOW = [17, 67];
/** Steps of the golden ratio fill the spread evenly, whatever the number of messages. */
const GOLDEN = 0.618033988749895;

const factor = Number(process.env.FACTOR ?? '1');
let messages = 0;
let slow = 0;

function delayMs(): number {
  const isSlow = SLOW.includes(messages++ % 100);
  return isSlow ? factor * (SLOW_MS + SPREAD_MS * ((slow++ * GOLDEN) % 1)) : FAST_MS;
}

const http = createServer((_request, response) => response.end('ready'));
new WebSocketServer({ server: http }).on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    setTimeout(() => socket.readyState === socket.OPEN && socket.send(data, { binary: isBinary }), delayMs());
  });
  socket.on('error', () => socket.terminate());
});
http.listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
