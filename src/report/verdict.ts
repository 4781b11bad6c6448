import { EXIT } from '../core/exit-codes.js';
import type { ClientsRecord, LedgerRecord } from './accounts.js';
import type { ThresholdRecord } from './thresholds.js';

export type Verdict = 'pass' | 'fail' | 'invalid' | 'interrupted';

/** Why a run ended before its plan did. `reason` is a clause: "ctrl-C after 12 s". */
export interface Interruption {
  /** signal: a person or a supervisor. threshold: abortOnFail. errors: most of what was tried failed. driver: a scenario's code threw. internal: gwrk failed. */
  readonly by: 'signal' | 'threshold' | 'errors' | 'driver' | 'internal';
  readonly reason: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly reason: string;
  readonly findings: readonly string[];
}

export interface Facts {
  readonly clients: ClientsRecord;
  readonly authenticates: boolean;
  readonly ledger: LedgerRecord;
  readonly ledgerMismatches: number;
  /** Operations that the target counted; null when it does not say. It may have served others too. */
  readonly opsSeen: number | null;
  /** Durations that were not numbers. */
  readonly invalidDurations: number;
  /** Clients for whom a unique feeder had no row left. */
  readonly clientsWithoutRow: number;
  /** The code of the error that came most often. */
  readonly commonestError?: string | undefined;
  readonly thresholds: readonly ThresholdRecord[];
  readonly saturation: readonly string[];
  readonly interruption?: Interruption;
}

interface Finding {
  readonly exitCode: number;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Clients that may be lost before a run no longer shows the load it was planned for. */
const LOST_SHARE = 0.001;

/** Operations without success that a run without thresholds passes over in silence. */
const UNJUDGED_SHARE = 0.01;

/** The weightiest first: 107 > 1 > 105 > 111 > 99 (104 never gets as far as a report). */
const WEIGHT: readonly number[] = [EXIT.driverThrew, EXIT.failed, EXIT.interrupted, EXIT.invalid, EXIT.thresholdFailed];

/** One verdict out of everything that speaks against a run; the weightiest gives the exit code and the reason. */
export function judge(facts: Facts): Judgement {
  const findings = [...interruptions(facts), ...invalidities(facts), ...failures(facts)];
  findings.sort((a, b) => WEIGHT.indexOf(a.exitCode) - WEIGHT.indexOf(b.exitCode));
  const first = findings[0];
  if (!first) return { verdict: 'pass', exitCode: EXIT.passed, reason: passReason(facts), findings: [] };
  return {
    verdict: first.verdict,
    exitCode: first.exitCode,
    reason: first.reason,
    findings: findings.slice(1).map(({ reason }) => reason),
  };
}

function interruptions({ interruption }: Facts): Finding[] {
  switch (interruption?.by) {
    case 'signal':
      return [{ exitCode: EXIT.interrupted, verdict: 'interrupted', reason: `stopped before its end: ${interruption.reason}` }];
    case 'errors':
      return [{ exitCode: EXIT.invalid, verdict: 'invalid', reason: `stopped before its end: ${interruption.reason}` }];
    case 'driver':
      return [{ exitCode: EXIT.driverThrew, verdict: 'invalid', reason: `the driver threw: ${interruption.reason}` }];
    case 'internal':
      return [{ exitCode: EXIT.failed, verdict: 'invalid', reason: `gwrk failed: ${interruption.reason}` }];
    default:
      // abortOnFail: the threshold that failed speaks for itself.
      return [];
  }
}

function invalidities(facts: Facts): Finding[] {
  const { clients, ledger } = facts;
  const reasons: string[] = [];
  // Who stops a run early has fewer clients by his own wish.
  if (!facts.interruption) {
    if (clients.connected < clients.planned)
      reasons.push(`only ${many(clients.connected)} of ${many(clients.planned)} planned clients connected${whyNone(facts)}`);
    // Where clients connect in each round, connects are more than clients; who failed was never ready.
    else if ((facts.authenticates || clients.failed > 0) && clients.ready < clients.planned) {
      reasons.push(`only ${many(clients.ready)} of ${many(clients.planned)} planned clients became ready`);
    }
    if (clients.lost > LOST_SHARE * clients.planned) {
      reasons.push(`${many(clients.lost)} of ${many(clients.planned)} clients lost their connection before the end`);
    }
  }
  reasons.push(...facts.saturation);
  if (ledger.sent !== ledger.ok + ledger.fail + ledger.indeterminate) {
    reasons.push(
      `the ledger does not add up: ${many(ledger.sent)} sent, but ${many(ledger.ok)} ok + ${many(ledger.fail)} failed + ${many(ledger.indeterminate)} indeterminate`,
    );
  }
  if (facts.ledgerMismatches > 0) reasons.push(`the target counted other operations than ${many(facts.ledgerMismatches)} of its clients`);
  if (facts.opsSeen !== null && facts.opsSeen < ledger.ok + ledger.fail) {
    reasons.push(`the target answered ${many(ledger.ok + ledger.fail)} operations, but counted only ${many(facts.opsSeen)}`);
  }
  if (facts.clientsWithoutRow > 0) reasons.push(`a unique feeder ran out of rows for ${many(facts.clientsWithoutRow)} clients`);
  if (facts.invalidDurations > 0) reasons.push(`${many(facts.invalidDurations)} durations were not numbers: a fault of gwrk`);
  for (const threshold of facts.thresholds) {
    if (threshold.level === 'error' && threshold.verdict === 'no-data') {
      reasons.push(`threshold ${threshold.metric} ${threshold.expression} has no data`);
    }
  }
  return reasons.map((reason) => ({ exitCode: EXIT.invalid, verdict: 'invalid', reason }));
}

/** Where nobody connected, one cause explains it all. */
function whyNone({ clients, commonestError }: Facts): string {
  return clients.connected === 0 && commonestError !== undefined ? ` (${commonestError})` : '';
}

function failures({ thresholds }: Facts): Finding[] {
  const failed = thresholds.filter(({ level, verdict }) => level === 'error' && verdict === 'fail');
  if (failed.length === 0) return [];
  const names = failed.slice(0, 3).map(({ metric, expression }) => `${metric} ${expression}`);
  const more = failed.length > names.length ? ` and ${failed.length - names.length} more` : '';
  const reason = `${failed.length === 1 ? 'threshold' : `${failed.length} thresholds`} failed: ${names.join(', ')}${more}`;
  return [{ exitCode: EXIT.thresholdFailed, verdict: 'fail', reason }];
}

function passReason({ clients, authenticates, thresholds, ledger }: Facts): string {
  const held = thresholds.filter(({ verdict }) => verdict === 'pass').length;
  const rules = thresholds.length === 0 ? `no thresholds were set${unjudged(ledger)}` : `${held} of ${thresholds.length} thresholds held`;
  return `all ${many(clients.planned)} planned clients ${authenticates ? 'became ready' : 'connected'}, ${rules}`;
}

/** Without thresholds nobody asked for answers, but "pass" alone would hide that there were none. */
function unjudged({ sent, ok }: LedgerRecord): string {
  return sent - ok > UNJUDGED_SHARE * sent ? `, though ${many(sent - ok)} of ${many(sent)} operations did not succeed` : '';
}

function many(count: number): string {
  return count.toLocaleString('en');
}
