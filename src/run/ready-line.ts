/** The line `gwrk serve` prints when it is ready. */
export interface ReadyLine {
  readonly pid: number;
  /** Where players log in: "http://127.0.0.1:9001". */
  readonly http?: string;
  readonly admin?: string;
  readonly gateway?: string;
}

/** A line of a server's stdout as its ready line; undefined when it is something else. */
export function readyLine(line: string): ReadyLine | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const said = value as Record<string, unknown>;
  if (said.event !== 'ready' || !Number.isSafeInteger(said.pid)) return undefined;
  const text = (key: string): object => (typeof said[key] === 'string' ? { [key]: said[key] } : {});
  return { pid: said.pid as number, ...text('http'), ...text('admin'), ...text('gateway') };
}
