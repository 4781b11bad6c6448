import { Option } from 'commander';

/** Where a pipeline wants its results. */
export interface PipelineFlags {
  readonly github?: boolean;
  readonly benchJson?: string;
  readonly otava?: string;
}

export const pipelineOptions = (): Option[] => [
  new Option('--github', 'step summary, annotations and outputs of GitHub Actions (without it, where GITHUB_ACTIONS is true)'),
  new Option('--bench-json <file>', 'write the figures for github-action-benchmark (customSmallerIsBetter)'),
  new Option('--otava <file>', 'add a row of figures to a CSV file for Apache Otava'),
];

/** Whether anybody listens for results beside the files of the run. */
export function listensForRuns({ github, benchJson, otava }: PipelineFlags, environment: NodeJS.ProcessEnv = process.env): boolean {
  return github === true || benchJson !== undefined || otava !== undefined || environment.GITHUB_ACTIONS === 'true';
}
