import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export interface StreamServer {
  readonly port: number;
  /** Bytes that came in. */
  received(): number;
  close(): Promise<void>;
}

/** A raw server on loopback; `onData` answers what comes, by default with the same. */
export async function streamServer(
  onData: (socket: Socket, chunk: Buffer) => void = (socket, chunk) => socket.write(chunk),
  options: { tls?: TlsOptions; onConnection?: (socket: Socket) => void } = {},
): Promise<StreamServer> {
  const sockets = new Set<Socket>();
  let received = 0;
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      onData(socket, chunk);
    });
    options.onConnection?.(socket);
  };
  const server = options.tls === undefined ? createServer(accept) : createTlsServer(options.tls, accept);
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
