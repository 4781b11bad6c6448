/** A tree of the file -> the validated file, or every problem with line and column. */
import type * as z from 'zod';
import { GwrkError } from '../core/errors.js';
import { isIterations } from './after-flow.js';
import { checkFlow } from './flow-order.js';
import { checkHttp } from './http-rules.js';
import { didYouMean } from './nearest-name.js';
import { showValue } from './problems.js';
import { commonPart, type ScenarioFile, scenarioFile } from './schema.js';
import { type JsonSchema, schemaAt } from './schema-lookup.js';
import type { IssueDetails } from './schema-values.js';
import { checkTarget } from './target-rules.js';
import { formatPosition, nodeAt, plainValue, positionAt, type Tree } from './yaml-tree.js';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** `faulty` holds values that were reported before (their `{{ }}` is wrong): nothing more is said of them. */
export function validateFile(tree: Tree, faulty: ReadonlySet<Tree>, problems: GwrkError[]): ScenarioFile | undefined {
  const before = problems.length;
  const root = plainValue(tree);
  const report = (path: Path, summary: string, details: IssueDetails = {}): void => {
    const node = nodeAt(tree, path);
    if (node && faulty.has(node)) return;
    const { allowed, given, hint, atKey } = details;
    const at = positionAt(tree, path, atKey ?? false);
    problems.push(
      new GwrkError('GWRK_SCENARIO_INVALID', at.line === 0 && !atKey ? `${String(path.at(-1))}: ${summary}` : summary, {
        where: formatPosition(at),
        ...(given === undefined ? {} : { given }),
        ...(allowed === undefined ? {} : { allowed }),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  };

  const result = scenarioFile.safeParse(root);
  for (const issue of result.error?.issues ?? []) reportIssue(issue, [], root, report);
  for (const [name, entry] of mapEntries(valueAt(root, ['scenarios']))) {
    const path = ['scenarios', name];
    const executor = valueAt(entry, ['executor']);
    const afterFlow = valueAt(entry, ['afterFlow']) ?? (isIterations(executor) ? 'repeat' : undefined);
    if (isIterations(executor) && (afterFlow === 'hold' || afterFlow === 'leave'))
      report([...path, 'afterFlow'], `${executor} repeats the flow`, { given: afterFlow, allowed: 'repeat' });
    const hasDriver = typeof valueAt(entry, ['driver']) === 'string';
    checkFlow(valueAt(entry, ['flow']), [...path, 'flow'], hasDriver ? 'drive' : afterFlow, report);
    checkTarget(valueAt(root, ['target']), entry, path, report);
    checkHttp(valueAt(root, ['target']), entry, path, report);
  }
  return problems.length > before ? undefined : result.data;
}

type Report = (path: Path, summary: string, details?: IssueDetails) => void;

function reportIssue(issue: Issue, prefix: Path, root: unknown, report: Report): void {
  const path = [...prefix, ...issue.path];
  const value = valueAt(root, path);
  const given = { given: showValue(value) };
  switch (issue.code) {
    case 'custom': {
      const details = (issue.params ?? {}) as IssueDetails;
      return report(path, issue.message, { ...(value === undefined || isContainer(value) ? {} : given), ...details });
    }
    case 'unrecognized_keys': {
      const known = Object.keys(schemaAt(path, root).properties ?? {});
      for (const key of issue.keys) {
        const hint = didYouMean(key, known);
        report([...path, key], 'this key is not known', {
          given: key,
          allowed: known.join(', '),
          atKey: true,
          ...(hint === undefined ? {} : { hint }),
        });
      }
      return;
    }
    case 'invalid_key':
      return report(path, 'this name does not have the right form', {
        given: String(path.at(-1)),
        allowed: issue.issues[0]?.message ?? '',
        atKey: true,
      });
    case 'invalid_union': {
      // An alternative that fits but for something inside it is the one that was meant.
      const inner = issue.errors.find(
        (branch) =>
          branch.length > 0 &&
          branch.every((nested) => nested.path.length > 0 || nested.code === 'custom' || nested.code === 'unrecognized_keys'),
      );
      if (inner) return inner.forEach((nested) => void reportIssue(nested, path, root, report));
      if (issue.discriminator === 'executor') reportCommonPart(path.slice(0, -1), root, report);
      break;
    }
    default:
  }
  const schema = schemaAt(path, root);
  if (value === undefined) return reportMissing(path, schema, optionsOf(issue), report);
  const { summary, allowed } = describe(issue);
  const options = optionsOf(issue);
  const hint = options && typeof value === 'string' ? didYouMean(value, options) : undefined;
  report(path, summary, { ...given, allowed: options?.join(', ') ?? allowed, ...(hint === undefined ? {} : { hint }) });
}

function reportMissing(path: Path, schema: JsonSchema, options: readonly string[] | undefined, report: Report): void {
  const key = String(path.at(-1));
  const allowed = options?.join(', ') ?? schema.description;
  report(path, `${key} is missing`, { atKey: true, ...(allowed === undefined ? {} : { allowed }) });
}

/** Which executor was meant is unknown; what all of them have can still be checked. */
function reportCommonPart(path: Path, root: unknown, report: Report): void {
  const checked = commonPart.safeParse(valueAt(root, path));
  for (const issue of checked.error?.issues ?? []) if (issue.path.length > 0) reportIssue(issue, path, root, report);
}

function optionsOf(issue: Issue): string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options as unknown[]).map(String) : undefined;
}

const WORDS: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  int: 'a whole number',
};

function describe(issue: Issue): { summary: string; allowed: string } {
  switch (issue.code) {
    case 'invalid_type':
      return { summary: `this must be ${WORDS[issue.expected] ?? issue.expected}`, allowed: WORDS[issue.expected] ?? issue.expected };
    case 'too_small':
      return {
        summary: issue.origin === 'string' || issue.origin === 'array' ? 'this is empty' : 'this is too little',
        allowed: `at least ${issue.minimum}`,
      };
    case 'too_big':
      return { summary: 'this is too much', allowed: `at most ${issue.maximum}` };
    case 'invalid_value':
      return { summary: 'this is none of the values allowed here', allowed: '' };
    case 'invalid_union':
      return {
        summary: issue.discriminator === undefined ? 'this is of the wrong kind' : `there is no such ${issue.discriminator}`,
        allowed: issue.message,
      };
    default:
      return { summary: 'this does not have the right form', allowed: issue.message };
  }
}

const isContainer = (value: unknown): value is object => value !== null && typeof value === 'object';

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (!isContainer(value) || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

const mapEntries = (value: unknown): [string, unknown][] => (isContainer(value) && !Array.isArray(value) ? Object.entries(value) : []);
