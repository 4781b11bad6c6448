import { COUNTER } from '../measure/metric-names.js';
import { OPCODE_PONG, OPCODE_TEXT } from '../protocol/websocket-frame.js';
import type { FrameHandler } from '../protocol/websocket-reader.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { StreamHandler } from './framing-reader.js';
import type { PlainMessages } from './plain-messages.js';
import type { ReferenceClient } from './reference-client.js';

/** What comes in as frames, or as messages of a plain stream, handed to whom it concerns. */
export class Incoming implements FrameHandler, StreamHandler {
  /** The time of the bytes that are being read. */
  nowUs = 0;
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #plain: PlainMessages;
  readonly #reference: ReferenceClient;

  constructor(parts: ConnectionParts, connections: Connections, plain: PlainMessages, reference: ReferenceClient) {
    this.#parts = parts;
    this.#connections = connections;
    this.#plain = plain;
    this.#reference = reference;
  }

  onMessage(row: number, opcode: number, bytes: Uint8Array, start: number, end: number): void {
    const { table, recorder, flows } = this.#parts;
    if (!this.#isOpen(row)) return;
    recorder.count(COUNTER.ws_msgs_received);
    if (this.#parts.drivers?.isDriven(row) === true) this.#parts.drivers.onMessage(row, bytes, start, end, this.nowUs);
    else if (!flows[table.scenario[row]!]!.isReference) this.#plain.onMessage(row, bytes, start, end, this.nowUs);
    else if (opcode === OPCODE_TEXT)
      this.#connections.fault(row, 'server.text', 'the server sent text where packets are spoken', this.nowUs);
    else this.#reference.onMessage(row, bytes, start, end, this.nowUs);
  }

  onStreamMessage(row: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isOpen(row)) return;
    this.#parts.recorder.count(COUNTER.ws_msgs_received);
    if (this.#parts.drivers?.isDriven(row) === true) this.#parts.drivers.onMessage(row, bytes, start, end, this.nowUs);
    else this.#plain.onMessage(row, bytes, start, end, this.nowUs);
  }

  onFramingFault(row: number, code: string, reason: string): void {
    this.#connections.fault(row, code, reason, this.nowUs);
  }

  onPing(row: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#isOpen(row)) this.#parts.sender.sendControl(row, OPCODE_PONG, bytes, start, end);
  }

  /** We send no ping frames, and a pong that nobody asked for means nothing (RFC 6455, section 5.5.3). */
  onPong(): void {}

  onCloseFrame(row: number, code: number, bytes: Uint8Array, reasonStart: number, reasonEnd: number): void {
    const { table, errors, sender, transport } = this.#parts;
    const phase = table.phase[row];
    if (phase !== C.CLOSING) {
      const isWanted = (table.flags[row]! & C.FLAG_CLOSE_WANTED) !== 0;
      // A server that ends the session itself has said why before.
      if (!isWanted && phase !== C.DRAINING) {
        const reason = Buffer.from(bytes.subarray(reasonStart, reasonEnd)).toString('utf8');
        errors.add(`closed.${code}`, reason === '' ? 'the server closed the connection' : reason);
        this.#connections.countLoss(row);
      }
      sender.sendClose(row, code);
      this.#connections.awaitEnd(row, this.nowUs);
    }
    transport.close(row);
  }

  onProtocolError(row: number, closeCode: number, reason: string): void {
    this.#connections.fault(row, `ws.${closeCode}`, reason, this.nowUs);
  }

  #isOpen(row: number): boolean {
    const phase = this.#parts.table.phase[row]!;
    return phase >= C.OPEN && phase <= C.DRAINING;
  }
}
