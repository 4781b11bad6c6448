/** What store.ts says, done with lists and maps and no thought for speed: the oracle of random sequences. */
import {
  LOGIN_DEVICE_LIMIT,
  LOGIN_OK,
  REFRESH_GRACE_MS,
  type RefreshOutcome,
  type RefreshRequest,
  type StoreLimits,
} from '../../../reference-server/auth/store.js';

const THIRTY_DAYS_MS = 30 * 86_400_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export interface NaiveSession {
  readonly uid: string;
  readonly device: string;
  readonly sid: string;
  readonly family: string;
  readonly endS: number;
  jti: string;
  accessExpS: number;
  generation: number;
  rotatedMs: number;
}

interface NaiveDevice {
  readonly uid: string;
  readonly device: string;
  readonly seenMs: number;
}

export class NaiveStore {
  readonly #limits: StoreLimits;
  readonly #nowMs: () => number;
  /** In order of login; so are the devices, in order of their last. */
  #sessions: NaiveSession[] = [];
  #devices: NaiveDevice[] = [];
  /** "replaced sid" and "revoked sid" since the last look. */
  #ended: string[] = [];

  constructor(limits: StoreLimits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#sessions.filter(({ endS }) => endS * 1000 > this.#nowMs()).length;
  }

  takeEnded(): string[] {
    return this.#ended.splice(0);
  }

  login(session: Omit<NaiveSession, 'generation' | 'rotatedMs'>): number {
    const { uid, device } = session;
    const { maxSessionsPerUser, maxDevicesPerUser, devicePolicy } = this.#limits;
    this.#dropExpired();
    const own = () => this.#devices.filter((other) => other.uid === uid);
    if (!own().some((other) => other.device === device)) {
      while (own().length >= maxDevicesPerUser) {
        if (devicePolicy === 'deny') return LOGIN_DEVICE_LIMIT;
        const first = own()[0]!;
        this.#devices = this.#devices.filter((other) => other !== first);
        for (const other of this.#of(uid)) if (other.device === first.device) this.#end(other, 'replaced');
      }
    }
    while (this.#of(uid).length >= maxSessionsPerUser) this.#end(this.#of(uid)[0]!, 'replaced');
    this.#sessions.push({ ...session, generation: 1, rotatedMs: 0 });
    this.#devices = this.#devices.filter((other) => other.uid !== uid || other.device !== device);
    this.#devices.push({ uid, device, seenMs: this.#nowMs() });
    return LOGIN_OK;
  }

  refresh({ uid, family, generation, deviceMac, newJti, accessExpS }: RefreshRequest): Record<string, unknown> {
    this.#dropExpired();
    const session = this.#of(uid).find((other) => other.family === hex(family));
    if (session === undefined) return { kind: 'unknown' };
    const fault = this.#faultOf(session, generation, hex(deviceMac));
    if (fault !== undefined) {
      this.#end(session, 'revoked');
      return { kind: fault };
    }
    const isRotation = generation === session.generation;
    if (isRotation) {
      session.generation += 1;
      session.rotatedMs = this.#nowMs();
      session.jti = hex(newJti);
      session.accessExpS = Math.min(accessExpS, session.endS);
    }
    const { sid, jti, endS } = session;
    const kind = isRotation ? 'rotated' : 'repeated';
    return { kind, generation: session.generation, sid, jti, accessExpS: session.accessExpS, refreshExpS: endS };
  }

  find(uid: string, sid: string): NaiveSession | undefined {
    this.#dropExpired();
    return this.#of(uid).find((other) => other.sid === sid);
  }

  admit(uid: string, sid: string, jti: string): boolean {
    const session = this.find(uid, sid);
    return session !== undefined && session.jti === jti && session.accessExpS * 1000 > this.#nowMs();
  }

  revoke(uid: string, sid: string): boolean {
    const session = this.find(uid, sid);
    if (session !== undefined) this.#end(session, 'revoked');
    return session !== undefined;
  }

  revokeUser(uid: string): number {
    this.#dropExpired();
    const own = this.#of(uid);
    for (const session of own) this.#end(session, 'revoked');
    return own.length;
  }

  #faultOf(session: NaiveSession, generation: number, device: string): 'device' | 'reuse' | undefined {
    if (session.device !== device) return 'device';
    if (generation === session.generation) return undefined;
    const isInGrace = generation > 0 && generation === session.generation - 1 && this.#nowMs() - session.rotatedMs <= REFRESH_GRACE_MS;
    return isInGrace ? undefined : 'reuse';
  }

  #of(uid: string): NaiveSession[] {
    return this.#sessions.filter((session) => session.uid === uid);
  }

  #dropExpired(): void {
    const nowMs = this.#nowMs();
    this.#sessions = this.#sessions.filter(({ endS }) => endS * 1000 > nowMs);
    this.#devices = this.#devices.filter(({ seenMs }) => seenMs + THIRTY_DAYS_MS > nowMs);
  }

  #end(session: NaiveSession, word: string): void {
    this.#sessions = this.#sessions.filter((other) => other !== session);
    this.#ended.push(`${word} ${session.sid}`);
  }
}

/** An outcome as the naive store says it: ids in hex, and `expired` as `unknown`, which callers cannot tell apart. */
export function plainOutcome(outcome: RefreshOutcome): Record<string, unknown> {
  if (!('sid' in outcome)) return { kind: outcome.kind === 'expired' ? 'unknown' : outcome.kind };
  return { ...outcome, sid: hex(outcome.sid), jti: hex(outcome.jti) };
}
