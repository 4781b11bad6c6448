/** The names that feeders and captures add to what `{{ }}` can say. They are gathered before the file is validated, because every text needs them. */
import { dirname, resolve } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { clientValuesIn } from './client-value.js';
import type { ClientValue } from './expression.js';
import { CLIENT_NAMES, type Constant, type Constants, FUNCTION_NAMES } from './expression-parse.js';
import type { FeederFile, FeederPlan } from './feeder.js';
import type { Program } from './program.js';
import type { ScenarioFile } from './schema.js';
import { formatOf } from './schema-feeder.js';
import { resolveConstants } from './variables.js';
import { type Entry, formatPosition, type Position, type Tree } from './yaml-tree.js';

/** Names the columns of a feeder's file. Throws a GwrkError that says why it cannot. */
export type ReadColumns = (feeder: FeederFile) => readonly string[];

export interface ClientNames {
  /** The file with its feeders resolved. */
  readonly tree: Tree;
  readonly constants: Constants;
  /** By feeder, in the order of the file. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  readonly captures: readonly string[];
}

export interface ClientNameOptions {
  /** The scenario file, and its text. */
  readonly file: string;
  readonly text: string;
  /** Absent: the columns are those that the file names. */
  readonly readColumns?: ReadColumns | undefined;
}

/** Adds `feeder.column` of each feeder, and the names of all captures, to the constants. */
export function readClientNames(
  given: Tree,
  constants: Constants,
  faulty: Set<Tree>,
  problems: GwrkError[],
  options: ClientNameOptions,
): ClientNames {
  const tree = withFeedersResolved(given, constants, faulty, problems);
  const names = new Map<string, Constant | ClientValue>(constants);
  const isTaken = (name: string, at: Position): boolean => {
    const taken = names.has(name) || [...CLIENT_NAMES, ...FUNCTION_NAMES, 'env'].includes(name);
    if (taken)
      problems.push(
        new GwrkError('GWRK_SCENARIO_INVALID', 'this name has a meaning of its own', {
          where: formatPosition(at),
          given: name,
          hint: 'choose another name',
        }),
      );
    return taken;
  };

  const columns = new Map<string, readonly string[]>();
  for (const [name, { keyAt, value }] of mapEntries(childOf(tree, 'feeders'))) {
    if (isTaken(name, keyAt)) continue;
    const list = columnsOf(name, value, problems, options);
    for (const [column, title] of list.entries()) {
      names.set(`${name}.${title}`, { kind: 'field', feeder: columns.size, column, name: `${name}.${title}` });
    }
    columns.set(name, list);
  }
  const captures: string[] = [];
  for (const [name, at] of capturesOf(childOf(tree, 'scenarios'))) {
    if (captures.includes(name) || columns.has(name) || isTaken(name, at)) continue;
    names.set(name, { kind: 'capture', capture: captures.length, name });
    captures.push(name);
  }
  return { tree, constants: names, columns, captures };
}

function withFeedersResolved(tree: Tree, constants: Constants, faulty: Set<Tree>, problems: GwrkError[]): Tree {
  const feeders = tree.kind === 'map' ? tree.entries.get('feeders') : undefined;
  if (tree.kind !== 'map' || feeders === undefined) return tree;
  const entries = new Map<string, Entry>(tree.entries);
  entries.set('feeders', { ...feeders, value: resolveConstants(feeders.value, constants, faulty, problems) });
  return { ...tree, entries };
}

function columnsOf(name: string, tree: Tree, problems: GwrkError[], { file, text, readColumns }: ClientNameOptions): readonly string[] {
  const described = feederFileOf(
    name,
    { file: textOf(tree, 'file'), format: textOf(tree, 'format'), delimiter: textOf(tree, 'delimiter') },
    file,
  );
  const named = [...new Set([...text.matchAll(new RegExp(`\\b${name}\\.([A-Za-z_]\\w*)`, 'g'))].map(([, column]) => column!))];
  if (described === undefined || readColumns === undefined) return named;
  try {
    return readColumns(described);
  } catch (error) {
    if (!(error instanceof GwrkError)) throw error;
    const { message, details } = error;
    const at = childOf(tree, 'file')?.at ?? tree.at;
    problems.push(new GwrkError(error.code, message, { ...details, where: formatPosition(at) }));
    return named;
  }
}

interface FeederText {
  readonly file?: string | undefined;
  readonly format?: string | undefined;
  readonly delimiter?: string | undefined;
}

/** What is known of a feeder's file from the texts of the scenario; undefined while those are wrong. */
function feederFileOf(name: string, given: FeederText, scenarioFile: string): FeederFile | undefined {
  const { file } = given;
  if (file === undefined) return undefined;
  const format = given.format ?? formatOf(file);
  if (format !== 'csv' && format !== 'jsonl') return undefined;
  const base = dirname(resolve(scenarioFile));
  const delimiter = given.delimiter ?? (/\.tsv$/i.test(file) ? '\t' : ',');
  return { name, path: resolve(base, file), base, format, delimiter };
}

/** The feeders of a valid file, each with what its scenarios use of it. */
export function feederPlans(
  { feeders }: ScenarioFile,
  columns: ReadonlyMap<string, readonly string[]>,
  programs: readonly Program[],
  scenarioFile: string,
): FeederPlan[] {
  const values = programs.flatMap((program) => clientValuesIn(program));
  return Object.entries(feeders).map(([name, { file, format, delimiter, order, loop }], index): FeederPlan => {
    const used = values.flatMap((value) => (value.kind === 'field' && value.feeder === index ? [value.column] : []));
    return {
      ...feederFileOf(name, { file, format, delimiter }, scenarioFile)!,
      file,
      order,
      loop,
      columns: columns.get(name) ?? [],
      used: [...new Set(used)].sort((a, b) => a - b),
    };
  });
}

/** The names under every `capture:` of the steps; payloads may hold that word too. */
function capturesOf(tree: Tree | undefined): [string, Position][] {
  if (tree === undefined || tree.kind === 'scalar') return [];
  if (tree.kind === 'list') return tree.items.flatMap(capturesOf);
  return [...tree.entries].flatMap(([key, { value }]) => {
    if (key === 'json') return [];
    if (key === 'capture') return mapEntries(value).map(([name, { keyAt }]): [string, Position] => [name, keyAt]);
    return capturesOf(value);
  });
}

const childOf = (tree: Tree, key: string): Tree | undefined => (tree.kind === 'map' ? tree.entries.get(key)?.value : undefined);
const mapEntries = (tree: Tree | undefined): [string, Entry][] => (tree?.kind === 'map' ? [...tree.entries] : []);

function textOf(tree: Tree, key: string): string | undefined {
  const child = childOf(tree, key);
  return child?.kind === 'scalar' && typeof child.value === 'string' ? child.value : undefined;
}
