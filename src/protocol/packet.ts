/** The packet layer in one import: types, lengths, codes, opcodes and every message's writer, checks and field offsets. */
export * from './packet/closing-messages.js';
export * from './packet/codes.js';
export * from './packet/lengths.js';
export * from './packet/opcodes.js';
export * from './packet/operation-messages.js';
export * from './packet/refresh-messages.js';
export * from './packet/room-messages.js';
export * from './packet/session-messages.js';
export * from './packet/types.js';
