/** What one counter of counters.ts is called towards Prometheus. */
export interface ExportedName {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Counters of one family: a prefix, and the label that the rest of their name is. */
const FAMILIES: readonly { readonly prefix: string; readonly name: string; readonly label: string; readonly help: string }[] = [
  { prefix: 'closed_', name: 'gwrk_connections_closed_total', label: 'code', help: 'Connections that ended, by WebSocket close code' },
  { prefix: 'auth_', name: 'gwrk_auth_total', label: 'result', help: 'AUTH packets answered, by result' },
];

const DIRECTIONS: Readonly<Record<string, string>> = {
  messages: 'WebSocket messages',
  bytes: 'Payload bytes of WebSocket messages',
  packets: 'Packets of the protocol',
};

/**
 * How the counter or gauge of this name is exported: connections by state, packets by direction and type, the rest under its own
 * name. Undefined for what is exported in another form: garbage collections (in seconds, by kind), and sums of a family.
 */
export function exportedName(counter: string, isGauge: boolean): ExportedName | undefined {
  if (counter.startsWith('gc_') || counter === 'connections_closed') return undefined;
  if (isGauge && counter.startsWith('connections_')) {
    return { name: 'gwrk_connections', help: 'Connections at this moment, by state', labels: { state: counter.slice(12) } };
  }
  for (const { prefix, name, label, help } of FAMILIES) {
    if (counter.startsWith(prefix)) return { name, help, labels: { [label]: counter.slice(prefix.length) } };
  }
  const [, what = '', direction = '', type] = /^(messages|bytes|packets)_(in|out)(?:_(.+))?$/.exec(counter) ?? [];
  if (what !== '') {
    return { name: `gwrk_${what}_total`, help: DIRECTIONS[what]!, labels: { direction, ...(type === undefined ? {} : { type }) } };
  }
  const words = counter.replaceAll('_', ' ');
  return isGauge
    ? { name: `gwrk_${counter}`, help: `${words} at this moment`, labels: {} }
    : { name: `gwrk_${counter}_total`, help: `${words} since the start`, labels: {} };
}
