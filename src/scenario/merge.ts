/** Changing a scenario from outside: an environment of the file over the file, and `--set path=value` over both. */
import { GwrkError } from '../core/errors.js';
import { didYouMean } from './nearest-name.js';
import { type Entry, formatPosition, readYaml, type Tree } from './yaml-tree.js';

/** `over` laid over `base`: maps are merged key by key, everything else is replaced. Positions stay those of the origin. */
function mergeTrees(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below ? { keyAt: entry.keyAt, value: mergeTrees(below.value, entry.value) } : entry);
  }
  return { ...base, entries };
}

/** The file with the environment `name` over it. Without a name the file is left as it is. */
export function applyEnvironment(file: Tree, name: string | undefined, problems: GwrkError[]): Tree {
  if (name === undefined || file.kind !== 'map') return file;
  const environments = file.entries.get('environments')?.value;
  const known = environments?.kind === 'map' ? environments.entries : new Map<string, Entry>();
  const chosen = known.get(name);
  if (!chosen) {
    const names = [...known.keys()];
    problems.push(
      new GwrkError('GWRK_SCENARIO_INVALID', 'the scenario has no environment of that name', {
        where: formatPosition(environments?.at ?? file.at),
        given: name,
        allowed: names.length > 0 ? names.join(', ') : 'none: the file has no environments',
        ...hint(didYouMean(name, names)),
      }),
    );
    return file;
  }
  return mergeTrees(file, chosen.value);
}

/** The file with one `path=value` set; the value is read as YAML, the path is keys and list numbers joined by dots. */
export function applySetting(file: Tree, setting: string, problems: GwrkError[]): Tree {
  const source = `--set ${setting}`;
  const equals = setting.indexOf('=');
  const path = setting.slice(0, Math.max(0, equals)).split('.');
  const fail = (summary: string, given: string, allowed: string): Tree => {
    problems.push(new GwrkError('GWRK_SCENARIO_INVALID', summary, { where: source, given, allowed }));
    return file;
  };
  if (equals < 1 || path.some((step) => step === ''))
    return fail('--set needs a path and a value', setting, 'path=value, for example scenarios.players.clients=10');
  if (path.length > 32 || path.includes('__proto__')) return fail('this path is not allowed', path.join('.'), 'keys of the scenario file');
  const text = setting.slice(equals + 1);
  // In a file {{ }} needs quotes; here nobody would think of them.
  const value = readYaml(text.startsWith('{{') ? JSON.stringify(text) : text, source, problems, true);
  if (!value) return file;
  return setAt(file, path, value, (at) =>
    fail('the list has no such entry', path.slice(0, at + 1).join('.'), 'the number of an entry, from 0'),
  );
}

function setAt(node: Tree, path: readonly string[], value: Tree, fail: (at: number) => Tree, depth = 0): Tree {
  const step = path[depth];
  if (step === undefined) return value;
  if (node.kind === 'list') {
    const index = /^\d+$/.test(step) ? Number(step) : -1;
    const item = node.items[index];
    if (!item) {
      fail(depth);
      return node;
    }
    return { ...node, items: node.items.with(index, setAt(item, path, value, fail, depth + 1)) };
  }
  const entries: Map<string, Entry> = new Map(node.kind === 'map' ? node.entries : []);
  const below = entries.get(step);
  const empty: Tree = { kind: 'map', entries: new Map(), at: value.at };
  entries.set(step, { keyAt: below?.keyAt ?? value.at, value: setAt(below?.value ?? empty, path, value, fail, depth + 1) });
  return { kind: 'map', entries, at: node.at };
}

const hint = (text: string | undefined): { hint?: string } => (text === undefined ? {} : { hint: text });
