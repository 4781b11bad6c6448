/** How messages are told apart within the stream of a tcp or tls connection. Plain data, decided once a connect step. */
export type Framing =
  /** The stream is not looked at: nothing is awaited from it. */
  | { readonly kind: 'none' }
  | {
      readonly kind: 'length';
      /** Width of the length field, and its place in the header. */
      readonly width: 1 | 2 | 4;
      readonly offset: number;
      readonly littleEndian: boolean;
      readonly headerBytes: number;
      /** The length counts the header too. */
      readonly includesHeader: boolean;
      /** The header is nothing but the length: gwrk puts it before each message and takes it off again. */
      readonly isAdded: boolean;
      readonly maxBytes: number;
    }
  /** Hex digits. gwrk puts it behind each message and takes it off again. */
  | { readonly kind: 'delimiter'; readonly hex: string; readonly maxBytes: number }
  | { readonly kind: 'fixed'; readonly bytes: number };

export const NO_FRAMING: Framing = { kind: 'none' };

/** Longest delimiter, bytes. */
export const MAX_DELIMITER_BYTES = 16;

/** For the plan and the report: "length of 2 bytes, little-endian", "delimiter 0a". */
export function describeFraming(framing: Framing): string {
  switch (framing.kind) {
    case 'none':
      return 'none';
    case 'length': {
      const { width, offset, littleEndian, headerBytes, includesHeader, isAdded } = framing;
      const endian = width === 1 ? '' : littleEndian ? ', little-endian' : ', big-endian';
      const place = isAdded ? 'before each message' : `at ${offset} of a header of ${headerBytes} bytes`;
      return `length of ${width} ${width === 1 ? 'byte' : 'bytes'}${endian}, ${place}${includesHeader ? ', header included' : ''}`;
    }
    case 'delimiter':
      return `delimiter ${framing.hex.replace(/..(?=.)/g, '$& ')} (hex)`;
    case 'fixed':
      return `fixed size of ${framing.bytes} ${framing.bytes === 1 ? 'byte' : 'bytes'}`;
  }
}

/** Most bytes that one message of ours may have, so that its length can be said. */
export function longestMessage(framing: Framing): number {
  if (framing.kind !== 'length' || !framing.isAdded) return Number.POSITIVE_INFINITY;
  return 2 ** (8 * framing.width) - 1 - (framing.includesHeader ? framing.headerBytes : 0);
}
