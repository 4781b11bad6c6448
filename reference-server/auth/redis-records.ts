import type { LoginBatch } from './login-batch.js';

/** A session's record in gw:{uid}:s, as auth/lua/script.ts describes it. Ids are base64url text. */
export interface SessionRecord {
  readonly jti: string;
  readonly device: string;
  readonly family: string;
  readonly accessExpS: number;
  readonly refreshExpS: number;
}

export const sessionsKey = (uid: string): string => `gw:{${uid}}:s`;
export const familiesKey = (uid: string): string => `gw:{${uid}}:r`;
export const devicesKey = (uid: string): string => `gw:{${uid}}:d`;
export const windowKey = (uid: string): string => `gw:{${uid}}:w`;

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64url');

/** bytes[at .. at + length) as base64url. */
export function textOf(bytes: Uint8Array, at = 0, length = 16): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('base64url');
}

/** Reads a record that our own scripts wrote. */
export function readRecord(text: string): SessionRecord {
  const [jti = '', device = '', family = '', accessExpS, refreshExpS] = text.split('|');
  return { jti, device, family, accessExpS: Number(accessExpS), refreshExpS: Number(refreshExpS) };
}

/** The keys of LOGIN_SCRIPT for entry i of a batch. */
export function loginKeys(batch: LoginBatch, i: number): readonly string[] {
  const uid = batch.uid(i);
  return [sessionsKey(uid), familiesKey(uid), devicesKey(uid)];
}
