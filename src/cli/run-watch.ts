import type { Snapshot } from '../measure/snapshot.js';
import type { LiveErrors, LiveSubject } from '../report/live-figures.js';
import type { LiveEnd } from '../report/live-server.js';
import type { Plan } from '../scenario/plan.js';
import type { RunFlags } from './run-flags.js';

/** Where a person watches: the terminal, and the page of --live if it was asked for. */
export interface Watch {
  /** One line on the terminal. */
  note(line: string): void;
  /** What a run of this plan tells each second; `name` is what it is called meanwhile. */
  progress(plan: Plan, name?: string): (snapshot: Snapshot, errors: LiveErrors) => void;
  /** Leaves the last block on the terminal as it stands: what is written next goes below it. */
  settle(): void;
  /** Closes the page, with the verdict if there is one. */
  end(end?: LiveEnd): Promise<void>;
}

/** Opens the page where a flag asks for it; else nothing of it is even loaded. Throws GWRK_USAGE when its port is taken. */
export async function startWatch(flags: Pick<RunFlags, 'quiet' | 'color' | 'live'>): Promise<Watch> {
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
  return {
    note: (line) => view.note(line),
    progress: (plan, name = plan.name) => {
      const subject: LiveSubject = { name, plannedClients: plan.maxClients, durationMs: plan.durationUs / 1000 };
      return (snapshot, errors) => {
        const figures = liveFigures(snapshot, errors, subject);
        view.update(figures);
        page?.update(figures);
      };
    },
    settle: () => view.close(),
    end: async (end) => page?.end(end),
  };
}
