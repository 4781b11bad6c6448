/** Values known before the start: `variables:` of the file, `-e KEY=VALUE`, and their use in `{{ }}` all over the file. */
import { GwrkError } from '../core/errors.js';
import { CLIENT_NAMES, type Constant, type Constants, ExpressionError, parseTemplate } from './expression-parse.js';
import { type Entry, formatPosition, type Position, type Tree } from './yaml-tree.js';

/**
 * The constants of a file. `-e KEY=VALUE` sets env.KEY and, where the file has a variable KEY, replaces its value.
 * Variables may use env and the variables written before them.
 */
export function readConstants(file: Tree, env: Readonly<Record<string, string>>, faulty: Set<Tree>, problems: GwrkError[]): Constants {
  const constants = new Map<string, Constant>(Object.entries(env).map(([key, value]) => [`env.${key}`, value]));
  const variables = file.kind === 'map' ? file.entries.get('variables')?.value : undefined;
  if (variables?.kind !== 'map') return constants;
  for (const [name, { keyAt, value }] of variables.entries) {
    if ((CLIENT_NAMES as readonly string[]).includes(name) || name === 'env') {
      problems.push(
        new GwrkError('GWRK_SCENARIO_INVALID', 'this name has a meaning of its own', {
          where: formatPosition(keyAt),
          given: name,
          hint: 'choose another name',
        }),
      );
    } else if (Object.hasOwn(env, name)) {
      constants.set(name, env[name]!);
    } else {
      const resolved = resolveConstants(value, constants, faulty, problems);
      // What is no constant is refused by the schema, which says what a variable may be.
      if (resolved.kind === 'scalar' && resolved.value !== null) constants.set(name, resolved.value);
    }
  }
  return constants;
}

/** The tree with every text replaced that holds only constants in its `{{ }}`; text that differs between clients stays.
 * Values with a fault are reported, stay as they are and are put into `faulty`. */
export function resolveConstants(tree: Tree, constants: Constants, faulty: Set<Tree>, problems: GwrkError[]): Tree {
  if (tree.kind === 'list') return { ...tree, items: tree.items.map((item) => resolveConstants(item, constants, faulty, problems)) };
  if (tree.kind === 'map') {
    const entries = new Map<string, Entry>();
    for (const [key, { keyAt, value }] of tree.entries)
      entries.set(key, { keyAt, value: resolveConstants(value, constants, faulty, problems) });
    return { ...tree, entries };
  }
  if (typeof tree.value !== 'string' || !tree.value.includes('{{')) return tree;
  try {
    const value = constantOf(tree.value, constants);
    return value === undefined ? tree : { ...tree, value };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.push(expressionProblem(error, tree.value, tree.at));
    faulty.add(tree);
    return tree;
  }
}

/** The value of a text whose `{{ }}` are all constant, else undefined. One `{{ }}` alone keeps its type. Throws ExpressionError. */
function constantOf(text: string, constants: Constants): Constant | undefined {
  const { parts } = parseTemplate(text, constants);
  const values: Constant[] = [];
  for (const part of parts) {
    if (typeof part === 'string') values.push(part);
    else if (part.kind === 'number' || part.kind === 'string' || part.kind === 'boolean') values.push(part.value);
    else return undefined;
  }
  return values.length === 1 ? values[0] : values.join('');
}

/** The fault of a `{{ }}` value as an error with line and column: exact where the text stands in the file as it is. */
export function expressionProblem(error: ExpressionError, text: string, at: Position): GwrkError {
  const start = at.text.indexOf(text);
  const inside = start === -1 ? '' : at.text.slice(0, start + error.offset);
  const lines = inside.split('\n');
  const where: Position =
    lines.length === 1
      ? { ...at, column: at.column + inside.length }
      : { ...at, line: at.line + lines.length - 1, column: lines.at(-1)!.length + 1 };
  return new GwrkError('GWRK_SCENARIO_INVALID', error.message, {
    where: formatPosition(where),
    given: text.length > 80 ? `${text.slice(0, 77)}...` : text,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
