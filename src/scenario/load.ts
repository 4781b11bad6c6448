/** The text of a scenario file -> a plan. Pure: files and clocks belong to the caller. */
import { GwrkError } from '../core/errors.js';
import { buildPlan } from './build-plan.js';
import { type ReadColumns, readClientNames } from './client-names.js';
import type { Constants } from './expression-parse.js';
import { applyEnvironment, applySetting } from './merge.js';
import { didYouMean } from './nearest-name.js';
import type { ReadPayload } from './payloads.js';
import type { Plan } from './plan.js';
import { ScenarioProblems, showValue } from './problems.js';
import { resolveScenarios } from './scenario-env.js';
import type { ScenarioFile } from './schema.js';
import { validateFile } from './validate.js';
import { readConstants, resolveConstants } from './variables.js';
import { type Entry, formatPosition, readYaml, type Tree } from './yaml-tree.js';

export interface LoadOptions {
  /** Name of the file, for messages. */
  readonly file: string;
  /** The text was not written by the user but made from flags: messages give `file` without line and column. */
  readonly isMade?: boolean;
  /** What `-e KEY=VALUE` gave. */
  readonly env?: Readonly<Record<string, string>>;
  /** `--environment NAME`. */
  readonly environmentName?: string;
  /** `--set path=value`, in order. */
  readonly set?: readonly string[];
  /** `--seed N`; 1 without it, so that two runs of one file do the same. */
  readonly seed?: number;
  /** Reads what `file:` of a send names; without it no step can send a file. */
  readonly readPayload?: ReadPayload;
  /** Reads the names of a feeder's columns; without it they are what the file's `{{ }}` say. */
  readonly readColumns?: ReadColumns;
}

export interface LoadedScenario {
  readonly plan: Plan;
  /** One sentence each, for stderr. */
  readonly warnings: readonly string[];
}

const DEFAULT_SEED = 1;

/** The plan of a scenario file. Throws ScenarioProblems with everything that is wrong with it. */
export function loadScenario(text: string, options: LoadOptions): LoadedScenario {
  const { file, isMade = false, env = {}, environmentName, set = [], seed = DEFAULT_SEED, readColumns } = options;
  const problems: GwrkError[] = [];
  const failIfAny = (): void => {
    if (problems.length > 0) throw new ScenarioProblems(inOrderOfFile(problems));
  };

  const read = readYaml(text, file, problems, isMade);
  if (!read) throw new ScenarioProblems(inOrderOfFile(problems));
  if (read.kind === 'scalar') throw new ScenarioProblems([noScenario(read)]);
  let tree = applyEnvironment(read, environmentName, problems);
  for (const setting of set) tree = applySetting(tree, setting, problems);

  const faulty = new Set<Tree>();
  const names = readClientNames(tree, readConstants(tree, env, faulty, problems), faulty, problems, { file, text, readColumns });
  const { constants } = names;
  tree = resolveUsed(names.tree, constants, faulty, problems);
  const valid = validateFile(tree, faulty, problems);
  if (!valid) failIfAny();

  const plan = buildPlan(valid!, tree, names, { seed, file, readPayload: options.readPayload }, problems);
  failIfAny();
  return { plan, warnings: unusedEnv(env, valid!, text) };
}

/** An empty file, or a text of another kind altogether. */
function noScenario({ value, at }: Tree & { readonly kind: 'scalar' }): GwrkError {
  return new GwrkError('GWRK_SCENARIO_INVALID', value === null ? 'the file is empty' : 'this is no scenario', {
    where: formatPosition(at),
    ...(value !== null && { given: showValue(value) }),
    allowed: 'name:, target:, scenarios: and so on, a line each',
    hint: 'gwrk init writes a scenario to begin with',
  });
}

/** Constants put in everywhere but in `variables` and `feeders` (which were read before) and in environments that are not in use. */
function resolveUsed(tree: Tree, constants: Constants, faulty: Set<Tree>, problems: GwrkError[]): Tree {
  if (tree.kind !== 'map') return tree;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of tree.entries) {
    const asItIs = key === 'variables' || key === 'environments' || key === 'feeders';
    const resolve = key === 'scenarios' ? resolveScenarios : resolveConstants;
    entries.set(key, asItIs ? entry : { ...entry, value: resolve(entry.value, constants, faulty, problems) });
  }
  return { ...tree, entries };
}

function unusedEnv(env: Readonly<Record<string, string>>, { variables }: ScenarioFile, text: string): string[] {
  const names = Object.keys(variables);
  return Object.keys(env)
    .filter((key) => !names.includes(key) && !text.includes(`env.${key}`))
    .map((key) => `-e ${key}: the scenario does not use it; ${didYouMean(key, names) ?? `its variables: ${names.join(', ') || 'none'}`}`);
}

/** By line and column; what came by a flag last. */
function inOrderOfFile(problems: readonly GwrkError[]): GwrkError[] {
  const place = ({ details }: GwrkError): number => {
    const match = /:(\d+):(\d+)$/.exec(details.where ?? '');
    return match ? Number(match[1]) * 1e6 + Number(match[2]) : Number.POSITIVE_INFINITY;
  };
  return problems
    .map((problem) => ({ problem, at: place(problem) }))
    .sort((a, b) => (a.at === b.at ? 0 : a.at - b.at))
    .map(({ problem }) => problem);
}
