import { closeSync, constants, openSync } from 'node:fs';

/** How many opens a source must see before it is believed. */
export const MARKERS = 20;
/** openMarker(KNOCK): one more, for hearing whether a source listens already. */
export const KNOCK = MARKERS;
/** Modes no program asks for: markers are told from other opens by them, with sources that do not see paths too. */
const MARKER_MODE = 0o5100;
/** Below a device there are no files: the open fails, and its entry into the kernel is all that is wanted. */
const MARKER_PATH = '/dev/null/gwrk-marker';

export interface Marker {
  readonly mode: number;
  /** CLOCK_MONOTONIC before and after the call, nanoseconds. */
  readonly beforeNs: number;
  readonly afterNs: number;
}

const nowNs = (): number => Number(process.hrtime.bigint());

/** Opens a file that cannot be, once, between two looks at the clock. */
export function openMarker(index: number): Marker {
  const mode = MARKER_MODE + index;
  const beforeNs = nowNs();
  try {
    // glibc passes the mode on only with O_CREAT
    closeSync(openSync(MARKER_PATH, constants.O_CREAT | constants.O_WRONLY, mode));
  } catch {
    // ENOTDIR, as meant
  }
  return { mode, beforeNs, afterNs: nowNs() };
}

/** True for the opens of openMarker(). */
export const isMarkerMode = (mode: number | undefined): boolean => mode !== undefined && mode >= MARKER_MODE && mode <= MARKER_MODE + KNOCK;

export interface ClockOffset {
  /** To be subtracted from the source's times. */
  readonly offsetNs: number;
  readonly errorNs: number;
}

/**
 * The offset of a source's clock: each marker must lie between the two looks around it, which bounds the offset from both sides. 0
 * when that fits all of them; the middle of what fits otherwise; the median where nothing fits (a clock that jumps).
 */
export function clockOffset(markers: readonly Marker[], seenNs: ReadonlyMap<number, number>): ClockOffset {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  const middles: number[] = [];
  for (const { mode, beforeNs, afterNs } of markers) {
    const ns = seenNs.get(mode);
    if (ns === undefined) continue;
    low = Math.max(low, ns - afterNs);
    high = Math.min(high, ns - beforeNs);
    middles.push(ns - (beforeNs + afterNs) / 2);
  }
  if (middles.length === 0) throw new RangeError('no marker was seen');
  if (low <= 0 && high >= 0) return { offsetNs: 0, errorNs: Math.max(-low, high) };
  if (low <= high) return { offsetNs: (low + high) / 2, errorNs: (high - low) / 2 };
  middles.sort((a, b) => a - b);
  return { offsetNs: middles[middles.length >> 1]!, errorNs: (low - high) / 2 };
}
