/** REFRESH and REFRESH_OK: a new access token on a live connection. */
import { copyBytes, writeU16, writeU32 } from '../bytes.js';
import type { MacTable } from '../mac-table.js';
import { signPacket } from './session-messages.js';
import * as T from './types.js';

const AT = T.HEADER_BYTES;

/** The 36 bytes of the refresh token: fam[16], gen u32, rtMac[16]. */
export const REFRESH_TOKEN = AT + 0;
export const REFRESH_FAM = AT + 0;
export const REFRESH_GEN = AT + 16;
export const REFRESH_RT_MAC = AT + 20;
export const REFRESH_DFP = AT + 36;
export const REFRESH_TAG = AT + 68;

/** Writes and signs a REFRESH under `row` (K_c2s); the refresh token is its 36 raw bytes. */
export function writeRefresh(
  out: Uint8Array,
  at: number,
  seq: number,
  refreshToken: Uint8Array,
  refreshTokenAt: number,
  dfp: Uint8Array,
  dfpAt: number,
  macs: MacTable,
  row: number,
): number {
  T.writeHeader(out, at, T.REFRESH, seq, 84);
  copyBytes(refreshToken, refreshTokenAt, refreshTokenAt + 36, out, at + REFRESH_TOKEN);
  copyBytes(dfp, dfpAt, dfpAt + 32, out, at + REFRESH_DFP);
  const end = at + T.HEADER_BYTES + 84;
  signPacket(out, at, end, REFRESH_TAG, macs, row);
  return end;
}

export const REFRESH_OK_GEN = AT + 0;
export const REFRESH_OK_RT_MAC = AT + 4;
export const REFRESH_OK_ACCESS_EXP_S = AT + 20;
export const REFRESH_OK_TOKEN_BYTES = AT + 24;
export const REFRESH_OK_RESERVED = AT + 26;
export const REFRESH_OK_TAG = AT + 28;
export const REFRESH_OK_TOKEN = AT + 44;

/** Writes and signs a REFRESH_OK under `row` (K_s2c). */
export function writeRefreshOk(
  out: Uint8Array,
  at: number,
  seq: number,
  gen: number,
  rtMac: Uint8Array,
  rtMacAt: number,
  accessExpS: number,
  token: Uint8Array,
  tokenStart: number,
  tokenEnd: number,
  macs: MacTable,
  row: number,
): number {
  T.writeHeader(out, at, T.REFRESH_OK, seq, 44 + tokenEnd - tokenStart);
  writeU32(out, at + REFRESH_OK_GEN, gen);
  copyBytes(rtMac, rtMacAt, rtMacAt + 16, out, at + REFRESH_OK_RT_MAC);
  writeU32(out, at + REFRESH_OK_ACCESS_EXP_S, accessExpS);
  writeU16(out, at + REFRESH_OK_TOKEN_BYTES, tokenEnd - tokenStart);
  writeU16(out, at + REFRESH_OK_RESERVED, 0);
  const end = copyBytes(token, tokenStart, tokenEnd, out, at + REFRESH_OK_TOKEN);
  signPacket(out, at, end, REFRESH_OK_TAG, macs, row);
  return end;
}
