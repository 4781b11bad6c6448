import { GAUGE } from '../measure/metric-names.js';
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
