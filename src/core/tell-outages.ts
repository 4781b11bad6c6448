/** Whatever hands batches over and says how each went, 0 for well: the exporters of OpenTelemetry, which this room does not know. */
interface Exporter {
  export(batch: unknown, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

/** From now on `onWord` hears when exports of metrics begin to fail, and why, and when they work again; not each time. */
export function tellOutages(exporter: Exporter, onWord: (line: string) => void): void {
  let isFailing = false;
  const { export: send } = exporter;
  exporter.export = (batch, done) => {
    send.call(exporter, batch, (result) => {
      const hasFailed = result.error !== undefined || result.code !== 0;
      if (hasFailed !== isFailing)
        onWord(hasFailed ? `metrics could not be exported: ${exportFault(result.error)}` : 'metrics are exported again');
      isFailing = hasFailed;
      done(result);
    });
  };
}

/** The words of an error for a person: of several in one without words of its own, theirs. */
export function exportFault(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(exportFault).join(', ');
  return error instanceof Error ? error.message || error.name : String(error ?? 'no reason given');
}
