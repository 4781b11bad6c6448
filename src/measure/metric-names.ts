/**
 * Every metric by its public name (docs/measuring.md says from when to when each is taken). The position in the list is
 * the metric's id in shared memory, so a row is only ever added at the end.
 *
 * scheduling_lag is what the generator itself is to blame for: from the moment something was due and allowed to the moment
 * it was done. A connect held back because maxConnecting others are being opened waits for the target: that wait is part
 * of session_ready and not of the lag.
 *
 * pacing_lag is the part of it that the verdict looks at, and the heartbeats': how late the messages of paced loops, the
 * heartbeats and the arrivals of an open executor were, but not the starts of a ramp.
 */
export const TREND_NAMES = [
  'tcp_connecting',
  'ws_upgrading',
  'ws_connecting',
  'auth_duration',
  'session_ready',
  'ws_msg_rtt',
  'ws_msg_service',
  'ws_ping',
  'login_duration',
  'scheduling_lag',
  'pacing_lag',
  'ws_reconnecting',
  'storm_recovery',
  'http_req_duration',
  'ws_delivery',
  'ws_delivery_spread',
  'ws_msg_lag',
  'ws_msg_failed',
  'session_service',
  'session_lag',
  'http_req_failed_duration',
  'http_req_service',
  'http_req_lag',
] as const;

export const COUNTER_NAMES = [
  'ws_sessions',
  'ws_msgs_sent',
  'ws_msgs_received',
  'data_sent',
  'data_received',
  'dropped_iterations',
  'iterations',
  'checks_passed',
  'checks_failed',
  'sessions_ready',
  'sessions_failed',
  'ledger_sent',
  'ledger_ok',
  'ledger_fail',
  'ledger_indeterminate',
  'heartbeats_sent',
  'heartbeats_answered',
  'heartbeats_missed',
  'ledger_mismatches',
  'connects_started',
  'connects_established',
  'connections_lost',
  'messages_planned',
  'messages_missed',
  'timeouts',
  'ws_reconnects',
  'storm_losses',
  'storm_unrecovered',
  'messages_away',
  'http_reqs',
  'http_reqs_failed',
  'deliveries_sent',
  'deliveries_expected',
  'deliveries_received',
  'deliveries_unexpected',
  'errors',
  'messages_held',
  'messages_timed_out',
  'messages_lost',
  'messages_unfinished',
] as const;

export const GAUGE_NAMES = ['clients_connecting', 'clients_open', 'clients_ready', 'clients_peak_open'] as const;

export type TrendName = (typeof TREND_NAMES)[number];
export type CounterName = (typeof COUNTER_NAMES)[number];
export type GaugeName = (typeof GAUGE_NAMES)[number];

const ids = <Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> =>
  Object.fromEntries(names.map((name, id) => [name, id])) as Record<Name, number>;

/** Ids to record with: TREND.session_ready. */
export const TREND = ids(TREND_NAMES);
export const COUNTER = ids(COUNTER_NAMES);
export const GAUGE = ids(GAUGE_NAMES);
