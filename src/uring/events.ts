/** What a group of sockets tells its user. Rows are 0 .. capacity - 1. */
export interface SocketEvents {
  /** A listener accepted a connection into this row. */
  onAccepted(row: number, nowUs: number): void;
  /** A connect() of this row succeeded. */
  onConnected(row: number, nowUs: number): void;
  /** bytes[start..end) came; valid, and free to be written to, during the call only. */
  onData(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void;
  /** The row is free again; errno is 0 for an end in order or a close() of ours, else a positive Linux errno. */
  onClosed(row: number, errno: number, nowUs: number): void;
}
