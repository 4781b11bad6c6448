import { Counters } from '../../../reference-server/counters.js';
import { SigningMemory } from '../../../reference-server/session-signing.js';
import { ThreadPool } from '../../../reference-server/thread-pool.js';
import { SessionTakeovers } from '../../../reference-server/threads/session-takeovers.js';
import { LoginDesk } from '../login-desk.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { type Credential, TYPE } from '../reference-wire.js';

const SESSIONS = 4_096;

/** Several gateway threads of the product on one port, as the main thread of `gwrk serve` runs them. */
export class ThreadCrew {
  readonly desk = new LoginDesk(SESSIONS);
  readonly counters: readonly Counters[];
  readonly pool: ThreadPool;

  private constructor(desk: LoginDesk, counters: readonly Counters[], pool: ThreadPool) {
    this.desk = desk;
    this.counters = counters;
    this.pool = pool;
  }

  static async start(count: number): Promise<ThreadCrew> {
    const desk = new LoginDesk(SESSIONS);
    const counters = Array.from({ length: count }, () => Counters.create());
    const pool = await ThreadPool.start({
      count,
      counters: counters.map(({ buffer }) => buffer),
      onAudit: () => {},
      onLongTurn: () => {},
      onFailure: (error) => {
        throw error;
      },
      start: {
        kind: 'uring',
        host: '127.0.0.1',
        port: 0,
        path: '/v1/ws',
        capacity: 2_048,
        rooms: 100,
        roomTickMs: 50,
        heartbeatMs: 10_000,
        echo: false,
        masterKeyHex: desk.masterKey.toString('hex'),
        kid: desk.kid,
        sessionTable: desk.table.buffer,
        signing: SigningMemory.allocate(SESSIONS),
        takeovers: new SharedArrayBuffer(SessionTakeovers.bytesFor(SESSIONS)),
      },
    });
    return new ThreadCrew(desk, counters, pool);
  }

  issue(uid: string): Credential {
    return this.desk.issue(uid, Math.floor(Date.now() / 1_000) + 900);
  }

  /** A counter of every thread. */
  each(name: string): number[] {
    return this.counters.map((counters) => counters.get(name));
  }

  sum(name: string): number {
    return this.each(name).reduce((sum, value) => sum + value, 0);
  }

  /** A greeted connection on this thread: the kernel chooses, so it takes some tries. Only one caller at a time. */
  async connectOn(thread: number): Promise<ReferenceClient> {
    for (;;) {
      const before = this.counters[thread]!.get('handshakes');
      const client = await ReferenceClient.connect(this.pool.port);
      if (this.counters[thread]!.get('handshakes') > before) return client;
      client.socket.terminate();
    }
  }

  /** An authenticated connection on this thread. */
  async readyOn(thread: number, credential: Credential): Promise<ReferenceClient> {
    return (await this.connectOn(thread)).authenticate(credential);
  }
}

/** A signed echo under this nonce: the code and the flags of its answer. */
export async function signedEcho(client: ReferenceClient, nonce: Buffer): Promise<{ code: number; flags: number }> {
  client.opsSent++;
  client.send(wire.opSigned(client.keys, ++client.seq, 1, Date.now(), nonce, Buffer.from('x')));
  const { code, flags } = wire.opAck(await client.next(TYPE.OP_ACK));
  client.opsAcked++;
  return { code, flags };
}
