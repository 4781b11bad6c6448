/** The driver of window.yaml: a sliding window over an echo server. docs/drivers.md explains it line by line. */
import type { Driver, DriverApi } from 'gwrk/driver';

const WINDOW = 8;
const FRAME_BYTES = 12;
const RESEND = 0;
const RESEND_AFTER_US = 1_000_000;

// The state of all clients in columns: client c is entry c, its frame n is entry c * WINDOW + n % WINDOW.
let next = new Uint32Array(0);
let acknowledged = new Uint32Array(0);
let chain = new Uint32Array(0);
let sentUs = new Float64Array(0);

const frame = new Uint8Array(FRAME_BYTES);
const fields = new DataView(frame.buffer);

export default {
  setup({ clients }) {
    next = new Uint32Array(clients);
    acknowledged = new Uint32Array(clients);
    chain = new Uint32Array(clients);
    sentUs = new Float64Array(clients * WINDOW);
  },

  onOpen(client, api) {
    next[client] = 0;
    acknowledged[client] = 0;
    chain[client] = api.numberOf(client);
    fill(client, api);
  },

  onMessage(client, bytes, start, end, api) {
    if (end - start !== FRAME_BYTES) return api.fail(client, 'length');
    const number = readU32(bytes, start);
    // An answer to a frame that was sent twice.
    if (number < acknowledged[client]) return;
    // This server answers in order; a gap would be a frame that it lost.
    const isRight = number === acknowledged[client] && readU32(bytes, start + 8) === checksum(number, readU32(bytes, start + 4));
    api.count(isRight ? 'checks_passed' : 'checks_failed');
    if (!isRight) return api.fail(client, 'chain');
    api.record('ws_msg_rtt', api.nowUs() - sentUs[client * WINDOW + (number % WINDOW)]);
    chain[client] = readU32(bytes, start + 8);
    acknowledged[client]++;
    fill(client, api);
  },

  onTimer(client, _id, api) {
    next[client] = acknowledged[client];
    api.error('resent');
    fill(client, api);
  },
} satisfies Driver;

/** Sends as many frames as the window has room for. */
function fill(client: number, api: DriverApi): void {
  while (next[client] < acknowledged[client] + WINDOW) {
    const number = next[client];
    fields.setUint32(0, number, true);
    fields.setUint32(4, chain[client], true);
    fields.setUint32(8, checksum(number, chain[client]), true);
    if (!api.send(client, frame, 0, FRAME_BYTES)) break;
    sentUs[client * WINDOW + (number % WINDOW)] = api.nowUs();
    next[client]++;
  }
  api.timer(client, RESEND, RESEND_AFTER_US);
}

const checksum = (number: number, before: number): number => (Math.imul(number ^ before, 0x9e3779b1) ^ (before >>> 7)) >>> 0;

const readU32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
