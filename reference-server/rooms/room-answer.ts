/** The answer to an operation that was answered LATER. Valid during the call that hands it over. */
export interface RoomAnswer {
  readonly slot: number;
  readonly seq: number;
  /** When its packet came, clock microseconds. */
  readonly atUs: number;
  /** One of packet.ts: ROOM_JOIN, ROOM_LEAVE, OP or OP_SIGNED. */
  readonly packetType: number;
  /** Of an OP or OP_SIGNED. */
  readonly opcode: number;
  readonly code: number;
  readonly room: number;
  readonly seat: number;
  readonly members: number;
  readonly tick: number;
  readonly value: number;
  readonly nonceLow: number;
  readonly nonceHigh: number;
  /** 16 bytes: the session that a signed operation belongs to. */
  readonly sid: Uint8Array;
}

/** Who gets the answers that come later. */
export interface RoomAnswers {
  /** `isGone`: the connection that asked is over, so nobody hears the answer. */
  onAnswer(answer: RoomAnswer, isGone: boolean, nowUs: number): void;
}
