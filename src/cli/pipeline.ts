import { appendFile, readFile, stat } from 'node:fs/promises';
import { GwrkError } from '../core/errors.js';
import { renderGateMarkdown } from '../gate/gate-markdown.js';
import { gateAnnotations, gateFigures } from '../gate/gate-outputs.js';
import type { GateRecord } from '../gate/gate-record.js';
import { appendOtavaRow, type DashboardFigure, dashboardFigures, renderBenchJson } from '../report/dashboards.js';
import { type Annotation, renderAnnotations, renderOutputs, stepSummary } from '../report/github.js';
import { renderMarkdown } from '../report/markdown.js';
import type { Report } from '../report/report.js';
import { reportAnnotations } from '../report/report-annotations.js';
import { orUnwritable } from '../report/unwritable.js';
import { writeOutput } from '../report/write.js';
import { thresholdPlaces } from '../scenario/threshold-places.js';
import { currentCommit } from './commit.js';
import type { PipelineFlags } from './pipeline-flags.js';

/** The scenario file, where there was one. */
export interface PipelineSubject {
  readonly path: string;
  readonly text: string;
}

interface Results {
  readonly scenario: string;
  readonly startedAt: string;
  readonly verdict: string;
  readonly directory: string;
  readonly figures: readonly DashboardFigure[];
  readonly annotations: readonly Annotation[];
  readonly markdown: () => string;
}

/** Hands the verdict of a series to whatever the flags or the environment say is listening. Says nothing where none is. */
export function tellPipeline(told: {
  readonly gate: GateRecord;
  readonly directory: string;
  readonly flags: PipelineFlags;
  readonly subject?: PipelineSubject;
}): Promise<void> {
  const { gate, directory, flags, subject } = told;
  return tell(flags, {
    scenario: gate.scenario,
    startedAt: gate.startedAt,
    verdict: gate.verdict,
    directory,
    figures: gateFigures(gate),
    annotations: gateAnnotations(gate, subject?.path, subject ? thresholdPlaces(subject.text) : []),
    markdown: () => renderGateMarkdown(gate),
  });
}

/** The same for one run. */
export function tellPipelineOfRun(told: {
  readonly report: Report;
  readonly directory: string;
  readonly flags: PipelineFlags;
  readonly subject?: PipelineSubject;
}): Promise<void> {
  const { report, directory, flags, subject } = told;
  return tell(flags, {
    scenario: report.scenario,
    startedAt: report.startedAt,
    verdict: report.verdict,
    directory,
    figures: dashboardFigures(report),
    annotations: reportAnnotations(report, subject?.path, subject ? thresholdPlaces(subject.text) : []),
    markdown: () => renderMarkdown(report),
  });
}

async function tell(flags: PipelineFlags, results: Results): Promise<void> {
  if (flags.benchJson !== undefined) await writeOutput(flags.benchJson, renderBenchJson(results.figures));
  if (flags.otava !== undefined) {
    const existing = await readIfThere(flags.otava);
    const row = { at: results.startedAt, commit: (await currentCommit()) ?? '', scenario: results.scenario, figures: results.figures };
    await writeOutput(flags.otava, appendOtavaRow(existing, row, flags.otava));
  }
  if (flags.github || process.env.GITHUB_ACTIONS === 'true') await tellGithub(results);
}

/** On stderr and not on stdout, which may belong to a rendering: the runner reads both. */
async function tellGithub({ markdown, annotations, verdict, directory }: Results): Promise<void> {
  process.stderr.write(renderAnnotations(annotations));
  const { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output } = process.env;
  await writable(summary, async (path) => appendFile(path, stepSummary(markdown(), await sizeOf(path))));
  await writable(output, (path) => appendFile(path, renderOutputs({ verdict, report: directory })));
}

async function writable(path: string | undefined, write: (path: string) => Promise<void>): Promise<void> {
  if (path === undefined || path === '') return;
  await orUnwritable(path, () => write(path));
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GwrkError('GWRK_USAGE', `${path} cannot be read`, { where: '--otava', cause: error });
  }
}
