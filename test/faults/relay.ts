// node relay.js <from> <to>: hands on each connection at `from` to `to`. A number is a TCP port on 127.0.0.1, anything else a socket
// file. Files are not bound to a network namespace, so two of these lead out of one namespace and into another.
import net from 'node:net';

const [from = '', to = ''] = process.argv.slice(2);
const at = (name: string): net.TcpNetConnectOpts & { path?: string } =>
  /^\d+$/u.test(name) ? { host: '127.0.0.1', port: Number(name) } : { port: 0, path: name };

const server = net.createServer((one) => {
  const { path, host, port } = at(to);
  const other = path === undefined ? net.connect(port, host) : net.connect(path);
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on('error', () => peer.destroy());
    socket.pipe(peer);
  }
});
const { path, host, port } = at(from);
const ready = (): boolean => process.stdout.write('ready\n');
if (path === undefined) server.listen(port, host, ready);
else server.listen(path, ready);
