import { histogramOf } from '../measure/histogram.js';
import { GAUGE, TREND } from '../measure/metric-names.js';
import { counterTotal, gaugeTotal } from '../measure/metric-view.js';
import type { Recorder } from '../measure/recorder.js';

/** What became of the clients. */
export interface ClientsRecord {
  readonly planned: number;
  readonly connected: number;
  readonly ready: number;
  readonly failed: number;
  readonly peakOpen: number;
  /** Sessions that were ready, ended against their will, and did not come back by their reconnect step. */
  readonly lost: number;
}

/** What became of the operations: sent = ok + fail + indeterminate. */
export interface LedgerRecord {
  readonly sent: number;
  readonly ok: number;
  readonly fail: number;
  readonly indeterminate: number;
}

export function recordClients(planned: number, recorders: readonly Recorder[]): ClientsRecord {
  return {
    planned,
    connected: counterTotal(recorders, 'connects_established') - counterTotal(recorders, 'ws_reconnects'),
    ready: counterTotal(recorders, 'sessions_ready'),
    failed: counterTotal(recorders, 'sessions_failed'),
    peakOpen: gaugeTotal(recorders, GAUGE.clients_peak_open),
    lost: Math.max(
      0,
      counterTotal(recorders, 'connections_lost') + counterTotal(recorders, 'storm_losses') - counterTotal(recorders, 'ws_reconnects'),
    ),
  };
}

export function recordLedger(recorders: readonly Recorder[]): LedgerRecord {
  return {
    sent: counterTotal(recorders, 'ledger_sent'),
    ok: counterTotal(recorders, 'ledger_ok'),
    fail: counterTotal(recorders, 'ledger_fail'),
    indeterminate: counterTotal(recorders, 'ledger_indeterminate'),
  };
}

/** What became of the broadcasts: messages of one client that others were to receive. */
export interface DeliveryRecord {
  readonly sent: number;
  /** Receipts: for each message one by every client that was to get it. */
  readonly expected: number;
  readonly received: number;
  /** received / expected; null when nobody was there to receive. */
  readonly reach: number | null;
  /** From the first receipt of a message to its last; null when none had two. */
  readonly spreadP99Ms: number | null;
}

/** Undefined for a run without broadcasts. */
export function recordDelivery(recorders: readonly Recorder[]): DeliveryRecord | undefined {
  const sent = counterTotal(recorders, 'deliveries_sent');
  if (sent === 0) return undefined;
  const expected = counterTotal(recorders, 'deliveries_expected');
  const received = counterTotal(recorders, 'deliveries_received');
  const spreadUs = histogramOf(recorders, TREND.ws_delivery_spread).percentileUs(99);
  return {
    sent,
    expected,
    received,
    reach: expected > 0 ? received / expected : null,
    spreadP99Ms: spreadUs === undefined ? null : spreadUs / 1000,
  };
}
