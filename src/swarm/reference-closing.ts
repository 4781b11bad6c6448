import { COUNTER } from '../measure/metric-names.js';
import { readU32 } from '../protocol/bytes.js';
import * as W from '../protocol/packet.js';
import * as C from './client-table.js';
import { CLOSE_TIMEOUT_US, type ConnectionParts, type Connections } from './connections.js';
import { PAYLOAD_AT } from './sender.js';

/** How long the server may take to hear a DISCONNECT, and then to drain. */
const HEARD_WITHIN_US = 5_000_000;
const DRAINED_WITHIN_US = 30_000_000;

/**
 * The exchange that ends a session so that both ends know what was done:
 *
 *   initiator  DISCONNECT -> | <- ACK_CLOSE heard   | <- ACK_CLOSE drained, counts
 *              ACK_CLOSE drained, counts -> | <- close frame 1000 of the peer
 */
export class ReferenceClosing {
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;

  constructor(parts: ConnectionParts, connections: Connections) {
    this.#parts = parts;
    this.#connections = connections;
  }

  /** Begins the exchange. No request of this row is open. */
  begin(row: number, nowUs: number): void {
    const { table, sender, timers } = this.#parts;
    this.#connections.wishClosed(row);
    this.#connections.beginDraining(row);
    sender.sendBinary(row, W.writeDisconnect(sender.scratch, PAYLOAD_AT, table.nextSequence(row), 0));
    timers.setFlow(row, nowUs + HEARD_WITHIN_US);
  }

  /** The flow timer of a draining row has fired: the server did not go on with the exchange. */
  overdue(row: number, nowUs: number): void {
    const { errors, sender } = this.#parts;
    errors.add('timeout.disconnect', 'the server did not finish the exchange of DISCONNECT and ACK_CLOSE');
    sender.sendClose(row, W.closeCodeOf(W.CODE_DRAINING));
    this.#connections.awaitEnd(row, nowUs);
  }

  /** The server wants to end the session. What it still owes is awaited (drained), and nothing new is sent. */
  onDisconnect(row: number, reason: number, nowUs: number): void {
    const { table, sender, errors, timers, answers, wakes } = this.#parts;
    // Both may have begun at once: then ours goes on, and the server's is answered.
    const isCrossed = table.phase[row] === C.DRAINING;
    if (!isCrossed) {
      errors.add(`disconnect.${reason.toString(16).padStart(4, '0')}`, `the server ended the session: ${W.codeName(reason)}`);
      this.#connections.countLoss(row);
      this.#connections.beginDraining(row);
    }
    sender.sendBinary(row, W.writeAckClose(sender.scratch, PAYLOAD_AT, table.nextSequence(row), W.ACK_CLOSE_HEARD, 0, 0, 0, 0));
    if (isCrossed) return;
    timers.setFlow(row, nowUs + DRAINED_WITHIN_US);
    wakes.interrupt(row, C.WAIT_SETTLED);
    if (!answers.hasOpen(row)) wakes.satisfy(row, C.WAIT_SETTLED);
  }

  /** Everything that the server owed has come: says so with our counts. */
  sendDrained(row: number, nowUs: number): void {
    this.#sendCounts(row, this.#parts.table.sequence[row]!);
    this.#parts.timers.setFlow(row, nowUs + CLOSE_TIMEOUT_US);
  }

  onAckClose(row: number, bytes: Uint8Array, at: number, nowUs: number): void {
    const { table, timers, sender } = this.#parts;
    const isOurs = (table.flags[row]! & C.FLAG_CLOSE_WANTED) !== 0;
    if (table.phase[row] !== C.DRAINING) {
      this.#connections.fault(row, 'server.state', 'an ACK_CLOSE that no DISCONNECT asked for', nowUs);
      return;
    }
    if (bytes[at + W.ACK_CLOSE_PHASE] === W.ACK_CLOSE_HEARD) {
      if (isOurs) timers.setFlow(row, nowUs + DRAINED_WITHIN_US);
      return;
    }
    const opsSeen = readU32(bytes, at + W.ACK_CLOSE_OPS_SEEN);
    const opsAcked = readU32(bytes, at + W.ACK_CLOSE_OPS_ACKED);
    if (opsSeen !== table.opsSent[row] || opsAcked !== table.opsAcked[row]) {
      this.#parts.recorder.count(COUNTER.ledger_mismatches);
      this.#parts.errors.add('ledger.close', 'both ends closed with different counts of operations');
    }
    if (isOurs) {
      // The server, as the peer of the initiator, sends the close frame when it has our counts.
      this.#sendCounts(row, table.sequence[row]!);
      timers.setFlow(row, nowUs + CLOSE_TIMEOUT_US);
      return;
    }
    sender.sendClose(row, 1000);
    this.#connections.awaitEnd(row, nowUs);
  }

  #sendCounts(row: number, lastSequence: number): void {
    const { table, sender } = this.#parts;
    const opsSent = table.opsSent[row]!;
    const opsAcked = table.opsAcked[row]!;
    const sequence = table.nextSequence(row);
    sender.sendBinary(row, W.writeAckClose(sender.scratch, PAYLOAD_AT, sequence, W.ACK_CLOSE_DRAINED, 0, opsSent, opsAcked, lastSequence));
  }
}
