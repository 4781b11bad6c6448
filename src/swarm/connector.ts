import { COUNTER, TREND } from '../measure/metric-names.js';
import {
  findHeaderEnd,
  KeyPool,
  MAX_RESPONSE_BYTES,
  parseUpgradeResponse,
  UPGRADE_BAD_ACCEPT,
  UPGRADE_NOT_HTTP,
  UPGRADE_OK,
  UPGRADE_STATUS,
  UpgradeResponse,
} from '../protocol/websocket-client-handshake.js';
import * as P from '../scenario/program.js';
import type { ClientContext } from './client-context.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { Flow } from './flow.js';
import type { FramingTable } from './framing-table.js';
import { RowQueue } from './row-queue.js';

/**
 * Connections opened between two looks at the network. Each costs the kernel some 20 us in the submission, and whatever
 * else is due waits for the whole batch.
 */
const CONNECTS_A_TURN = 64;

/** What readUpgrade() returns while there are no frames to read. */
export const UPGRADE_INCOMPLETE = -1;

/** Opens connections: a bounded number at a time, the rest wait in the order they came, with the start that the plan gave them. */
export class Connector {
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #context: ClientContext;
  readonly #maxConnecting: number;
  readonly #targets: number;
  readonly #sources: number;
  readonly #queue = new RowQueue();
  readonly #keys = new KeyPool();
  readonly #request: Uint8Array;
  readonly #framings: FramingTable | undefined;
  readonly #response = new UpgradeResponse();
  /** Beginnings of answers whose end has not come yet; rare, because answers are short. */
  readonly #partial = new Map<number, Uint8Array>();

  constructor(
    parts: ConnectionParts,
    connections: Connections,
    context: ClientContext,
    limits: { maxConnecting: number; targets: number; sources: number },
    framings?: FramingTable,
  ) {
    this.#framings = framings;
    this.#parts = parts;
    this.#connections = connections;
    this.#context = context;
    this.#maxConnecting = Math.max(1, limits.maxConnecting);
    this.#targets = limits.targets;
    this.#sources = limits.sources;
    const longest = parts.flows.flatMap((flow) => flow.connects.map((step) => step.maxBytes));
    this.#request = new Uint8Array(Math.max(0, ...longest));
  }

  /** The flow of this row is at a connect step (the instruction before its pc) and wants a connection. */
  enqueue(row: number): void {
    this.#parts.table.waits[row] = C.WAIT_SLOT;
    this.#queue.push(row);
  }

  /** Opens connections for waiting rows while there is a place. True when more could be opened in the next turn. */
  pump(nowUs: number): boolean {
    const { waits } = this.#parts.table;
    for (let opened = 0; this.#connections.slotsTaken < this.#maxConnecting; ) {
      if (opened === CONNECTS_A_TURN) return true;
      const row = this.#queue.shift();
      if (row < 0) return false;
      if (waits[row] !== C.WAIT_SLOT) continue;
      this.#open(row, nowUs);
      opened++;
    }
    return false;
  }

  /** Connections that can be opened at once. */
  get maxConnecting(): number {
    return this.#maxConnecting;
  }

  connected(row: number, nowUs: number): void {
    const { table, recorder } = this.#parts;
    if (table.phase[row] !== C.CONNECTING) return;
    const tcpUs = table.sinceUs(row, nowUs);
    table.tcpUs[row] = tcpUs;
    recorder.record(TREND.tcp_connecting, tcpUs);
    table.phase[row] = C.UPGRADING;
    const framings = this.#framings;
    const flow = this.#parts.flows[table.scenario[row]!]!;
    if (!flow.isStream) return;
    if (flow.isHttp) this.#parts.http!.opened(row, nowUs);
    framings?.begin(row, flow.connects[flow.operand(table.pc[row]! - 1, 0)]!);
    this.#upgraded(row, nowUs);
  }

  /**
   * Reads the answer to the upgrade from bytes[start..end). Returns where the frames begin once the connection is
   * upgraded, else UPGRADE_INCOMPLETE: more must come, or it has failed and been counted.
   */
  readUpgrade(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): number {
    const before = this.#partial.get(row);
    if (before !== undefined) return this.#readJoined(row, before, bytes, start, end, nowUs);
    const headEnd = findHeaderEnd(bytes, start, end);
    if (headEnd < 0) {
      this.#keepPartial(row, bytes.slice(start, end), nowUs);
      return UPGRADE_INCOMPLETE;
    }
    return this.#parse(row, bytes, start, headEnd, nowUs) ? headEnd : UPGRADE_INCOMPLETE;
  }

  /** Forgets what is kept of a row whose connection is over. */
  forget(row: number): void {
    if (this.#partial.size > 0) this.#partial.delete(row);
  }

  #open(row: number, nowUs: number): void {
    const { table, flows, recorder, transport, timers, byScenario } = this.#parts;
    byScenario?.select(table.scenario[row]!);
    const flow = flows[table.scenario[row]!]!;
    const step = flow.connects[flow.operand(table.pc[row]! - 1, 0)]!;
    this.#context.of(flow, row, this.#context.iterationOf(flow, row, table.pc[row]! - 1));
    const { client } = this.#context;
    const end = step.write(this.#context, this.#request, 0, this.#keys.keys[this.#keyOf(row)]!);
    this.#connections.takeSlot(row);
    table.phase[row] = C.CONNECTING;
    table.waits[row] = C.WAIT_CONNECT;
    table.beginStep(row, nowUs);
    timers.setFlow(row, nowUs + step.timeoutUs);
    recorder.count(COUNTER.connects_started);
    recorder.count(COUNTER.data_sent, end);
    const target = this.#targets === 1 ? 0 : client % this.#targets;
    const source = this.#sources === 0 ? -1 : client % this.#sources;
    transport.connect(row, target, source, this.#request, 0, end);
  }

  /** Which pooled key a row uses: another one for each of its clients and rounds. */
  #keyOf(row: number): number {
    const { generation, flowRound } = this.#parts.table;
    return (row + generation[row]! * 7 + flowRound[row]! * 13) % KeyPool.SIZE;
  }

  #readJoined(row: number, before: Uint8Array, bytes: Uint8Array, start: number, end: number, nowUs: number): number {
    const joined = new Uint8Array(before.length + end - start);
    joined.set(before);
    joined.set(bytes.subarray(start, end), before.length);
    const headEnd = findHeaderEnd(joined, 0, joined.length);
    if (headEnd < 0) {
      this.#keepPartial(row, joined, nowUs);
      return UPGRADE_INCOMPLETE;
    }
    this.#partial.delete(row);
    return this.#parse(row, joined, 0, headEnd, nowUs) ? start + headEnd - before.length : UPGRADE_INCOMPLETE;
  }

  #keepPartial(row: number, bytes: Uint8Array, nowUs: number): void {
    if (bytes.length <= MAX_RESPONSE_BYTES) this.#partial.set(row, bytes);
    else this.#connections.fault(row, 'upgrade.garbage', `the answer to the upgrade has no end within ${MAX_RESPONSE_BYTES} bytes`, nowUs);
  }

  #parse(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): boolean {
    const verdict = parseUpgradeResponse(bytes, start, end, this.#keys.accepts[this.#keyOf(row)]!, this.#response);
    if (verdict === UPGRADE_OK) {
      this.#upgraded(row, nowUs);
      return true;
    }
    const firstLine = Buffer.from(bytes.subarray(start, Math.min(end, start + 100)))
      .toString('latin1')
      .split('\r\n', 1)[0]!;
    if (verdict === UPGRADE_STATUS) this.#connections.fault(row, `upgrade.${this.#response.status}`, firstLine, nowUs);
    else if (verdict === UPGRADE_NOT_HTTP)
      this.#connections.fault(row, 'upgrade.garbage', `the answer to the upgrade does not begin as HTTP/1.1: ${firstLine}`, nowUs);
    else if (verdict === UPGRADE_BAD_ACCEPT)
      this.#connections.fault(row, 'upgrade.accept', 'Sec-WebSocket-Accept does not fit the key', nowUs);
    else this.#connections.fault(row, 'upgrade.headers', 'the answer lacks a header that RFC 6455 requires', nowUs);
    return false;
  }

  #upgraded(row: number, nowUs: number): void {
    const { table, flows, wakes, timers } = this.#parts;
    const flow: Flow = flows[table.scenario[row]!]!;
    timers.cancelFlow(row);
    this.#connections.upgraded(row, nowUs);
    // Where authentication follows at once the place stays taken until it is done: the server has the work still before it.
    if (flow.opcode(table.pc[row]!) !== P.OP_AUTH) this.#connections.releaseSlot(row);
    // A paced request keeps its time, however long its connection took.
    if (flow.isReference || flow.isHttp) wakes.satisfy(row, C.WAIT_CONNECT);
    else wakes.satisfyNow(row, C.WAIT_CONNECT, nowUs);
  }
}
