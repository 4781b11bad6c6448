import type { Recorder } from '../measure/recorder.js';
import type { Snapshot } from '../measure/snapshot.js';
import type { LiveErrors, LiveSubject } from '../report/live-figures.js';
import type { LiveEnd } from '../report/live-server.js';
import type { Plan } from '../scenario/plan.js';
import type { LiveMetrics } from '../telemetry/live-metrics.js';
import type { RunFlags } from './run-flags.js';

/** Where a person watches: the terminal, and the page of --live if it was asked for. */
export interface Watch {
  /** One line on the terminal. */
  note(line: string): void;
  /** What a run of this plan tells each second; `name` is what it is called meanwhile. */
  progress(plan: Plan, name?: string): (snapshot: Snapshot, errors: LiveErrors, recorders: readonly Recorder[]) => void;
  /** Leaves the last block on the terminal as it stands: what is written next goes below it. */
  settle(): void;
  /** Closes the page, with the verdict if there is one. */
  end(end?: LiveEnd): Promise<void>;
}

/** Opens the page where a flag asks for it; else nothing of it is even loaded. Throws GWRK_USAGE when its port is taken, or a flag for metrics is of no use. */
export async function startWatch(flags: Pick<RunFlags, 'quiet' | 'color' | 'live' | 'metricsPort' | 'otlp'>): Promise<Watch> {
  const [{ createLiveView }, { liveFigures }] = await Promise.all([import('../report/live.js'), import('../report/live-figures.js')]);
  const { stderr } = process;
  const view = createLiveView({
    isTty: stderr.isTTY === true,
    columns: () => stderr.columns ?? 80,
    rows: () => stderr.rows ?? 24,
    color: flags.color && !process.env.NO_COLOR,
    write: (text) => {
      stderr.write(text);
    },
    quiet: flags.quiet === true,
  });
  const page = flags.live === undefined ? undefined : await (await import('../report/live-server.js')).openLivePage(flags.live);
  // Also with --quiet: it was asked for, and port 0 can be known in no other way.
  if (page) stderr.write(`live: ${page.url}\n`);
  const elsewhere = await openTelemetry(flags, (line) => view.note(line));
  return {
    note: (line) => view.note(line),
    progress: (plan, name = plan.name) => {
      const subject: LiveSubject = { name, plannedClients: plan.maxClients, durationMs: plan.durationUs / 1000 };
      return (snapshot, errors, recorders) => {
        const figures = liveFigures(snapshot, errors, subject);
        view.update(figures);
        page?.update(figures);
        elsewhere?.metrics.update(name, snapshot, errors, recorders);
      };
    },
    settle: () => view.close(),
    end: async (end) => {
      await Promise.all([page?.end(end), elsewhere?.close()]);
    },
  };
}

/** What sends the figures of a run elsewhere while it goes on. */
interface Elsewhere {
  readonly metrics: LiveMetrics;
  close(): Promise<void>;
}

/** Opens what --metrics-port and --otlp ask for; without them nothing of it is loaded. */
async function openTelemetry(
  { metricsPort, otlp }: Pick<RunFlags, 'metricsPort' | 'otlp'>,
  note: (line: string) => void,
): Promise<Elsewhere | undefined> {
  if (metricsPort === undefined && otlp === undefined) return undefined;
  const { LiveMetrics } = await import('../telemetry/live-metrics.js');
  const metrics = new LiveMetrics();
  // The collector first: it holds no port that would have to be given back.
  const collector =
    otlp === undefined ? undefined : await (await import('../telemetry/otlp.js')).startOtlp({ url: otlp, metrics, onWord: note });
  try {
    const server =
      metricsPort === undefined ? undefined : await (await import('../telemetry/metrics-server.js')).serveMetrics(metricsPort, metrics);
    if (server) process.stderr.write(`metrics: ${server.url}\n`);
    return {
      metrics,
      close: async () => {
        await Promise.all([collector?.close(), server?.close()]);
      },
    };
  } catch (error) {
    await collector?.close();
    throw error;
  }
}
