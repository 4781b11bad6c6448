/** A worker thread that listens with the shortest queue and never accepts: whoever comes after the first two is not answered at all. */
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

if (parentPort !== null) {
  const port = parentPort;
  const server = net.createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    port.postMessage((server.address() as net.AddressInfo).port);
    // Blocks this thread, and with it every accept(), until the test is over; five minutes at most.
    Atomics.wait(new Int32Array(workerData as SharedArrayBuffer), 0, 0, 300_000);
    process.exit();
  });
}
