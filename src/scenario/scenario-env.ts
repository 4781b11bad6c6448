/** `env:` of a scenario: values that `{{ env.NAME }}` has within that scenario. What `-e NAME=VALUE` gave comes before them. */
import type { GwrkError } from '../core/errors.js';
import type { Constant, Constants } from './expression-parse.js';
import { resolveConstants } from './variables.js';
import { type Entry, plainValue, type Tree } from './yaml-tree.js';

/** The constants that hold in a scenario with this `env`. */
export function withEnv(constants: Constants, env: Readonly<Record<string, Constant>>): Constants {
  const names = Object.keys(env).filter((name) => !constants.has(`env.${name}`));
  if (names.length === 0) return constants;
  return new Map([...constants, ...names.map((name) => [`env.${name}`, env[name]!] as const)]);
}

/** The scenarios of a file with every constant put in, each with its own `env`. */
export function resolveScenarios(tree: Tree, constants: Constants, faulty: Set<Tree>, problems: GwrkError[]): Tree {
  if (tree.kind !== 'map') return resolveConstants(tree, constants, faulty, problems);
  const scenarios = new Map<string, Entry>();
  for (const [name, entry] of tree.entries) {
    const given = entry.value.kind === 'map' ? entry.value.entries.get('env') : undefined;
    if (given === undefined || entry.value.kind !== 'map') {
      scenarios.set(name, { ...entry, value: resolveConstants(entry.value, constants, faulty, problems) });
      continue;
    }
    const env = resolveConstants(given.value, constants, faulty, problems);
    const rest = new Map([...entry.value.entries].filter(([key]) => key !== 'env'));
    const value = resolveConstants({ ...entry.value, entries: rest }, withEnv(constants, valuesOf(env)), faulty, problems);
    const entries = new Map([...(value.kind === 'map' ? value.entries : []), ['env', { ...given, value: env }] as const]);
    scenarios.set(name, { ...entry, value: { ...entry.value, entries } });
  }
  return { ...tree, entries: scenarios };
}

/** What is no text, number or truth value is refused by the schema, which says what an env may hold. */
function valuesOf(env: Tree): Record<string, Constant> {
  const plain = plainValue(env);
  if (plain === null || typeof plain !== 'object' || Array.isArray(plain)) return {};
  return Object.fromEntries(
    Object.entries(plain)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  );
}
