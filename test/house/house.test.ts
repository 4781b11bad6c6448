import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { firstCycle } from './cycles.js';
import { parseSource, readSources, roomOf, root, type SourceFile, targetOf } from './source-tree.js';

const product = readSources('src', 'reference-server');

/** docs/architecture.md, "Who may import whom". A file instead of a room allows that file; "types:" allows types only. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  protocol: ['core'],
  measure: ['core'],
  uring: ['core'],
  statistics: ['core'],
  net: ['uring', 'core'],
  scenario: ['protocol', 'measure', 'core'],
  report: ['measure', 'statistics', 'types:scenario', 'core'],
  swarm: ['scenario', 'net', 'protocol', 'measure', 'core'],
  profile: ['core'],
  target: ['profile', 'core'],
  run: ['scenario', 'net', 'measure', 'report', 'target', 'profile', 'src/swarm/messages.ts', 'src/swarm/driver-load.ts', 'core'],
  telemetry: ['measure', 'core'],
  gate: ['statistics', 'report', 'measure', 'core'],
  bench: ['run', 'report', 'scenario', 'measure', 'protocol', 'profile', 'core'],
  cli: ['run', 'gate', 'bench', 'scenario', 'report', 'net', 'measure', 'statistics', 'profile', 'target', 'telemetry', 'core'],
  'reference-server': ['protocol', 'uring', 'core'],
};

function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path);
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined) return [`${file.path}: the room ${room} is not in docs/architecture.md`];
    return file.imports.flatMap((line) => {
      const target = targetOf(file, line);
      if (target === undefined || roomOf(target) === room) return [];
      const isAllowed =
        allowed.includes(roomOf(target)) || allowed.includes(target) || (line.isTypeOnly && allowed.includes(`types:${roomOf(target)}`));
      return isAllowed ? [] : [`${file.path} imports ${target}`];
    });
  });
}

test('every import goes the way of docs/architecture.md', () => {
  assert.deepEqual(forbiddenImports(product), []);
});

test('the rule sees an import against the direction, a dynamic one and one of types too', () => {
  const wrong = [
    parseSource('src/core/x.ts', "import { a } from '../run/run.js';"),
    parseSource('src/net/x.ts', "const run = await import('../run/run.js');"),
    parseSource('src/measure/x.ts', "import type { Plan } from '../scenario/plan.js';"),
    parseSource('src/report/x.ts', "import { type Plan, compile } from '../scenario/plan.js';"),
    parseSource('src/run/x.ts', "import { Server } from '../../reference-server/server.js';"),
    parseSource('src/utils/x.ts', ''),
  ];
  assert.equal(forbiddenImports(wrong).length, wrong.length);
  assert.deepEqual(
    forbiddenImports([
      parseSource('src/report/x.ts', "import type { Plan } from '../scenario/plan.js';\n// import x from '../run/run.js'"),
    ]),
    [],
  );
});

test('no file imports itself by a detour', () => {
  const edges = new Map(product.map((file) => [file.path, file.imports.flatMap((line) => targetOf(file, line) ?? [])]));
  assert.deepEqual(firstCycle(edges), []);
});

test('a detour over three files is found', () => {
  const edges = new Map([
    ['a', ['b', 'd']],
    ['b', ['c']],
    ['c', ['a']],
    ['d', []],
  ]);
  assert.deepEqual(firstCycle(edges), ['a', 'b', 'c', 'a']);
});

test('every imported file exists', () => {
  const paths = new Set(product.map((file) => file.path));
  const missing = product.flatMap((file) =>
    file.imports.flatMap((line) => targetOf(file, line) ?? []).filter((target) => !paths.has(target)),
  );
  assert.deepEqual(missing, []);
});

/** "prom-client/x" is of the package prom-client, "@a/b/c" of @a/b. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

test('each package of others is imported from one room of a program', () => {
  // The reference server is a program of its own: it may use a package that a room of src owns.
  const rooms = new Map<string, Set<string>>();
  for (const file of product.filter(({ path }) => path.startsWith('src/')))
    for (const { specifier } of file.imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
      const name = packageOf(specifier);
      rooms.set(name, (rooms.get(name) ?? new Set()).add(roomOf(file.path)));
    }
  const shared = [...rooms].filter(([, owners]) => owners.size > 1).map(([name, owners]) => `${name}: ${[...owners].join(', ')}`);
  assert.deepEqual(shared, []);
});

test('every imported package is a dependency, and every dependency is imported', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }).sort();
  const imported = new Set(
    product.flatMap((file) => file.imports.map((line) => line.specifier)).filter((specifier) => !/^(\.|node:)/u.test(specifier)),
  );
  // Optional peers are asked for when a user wants what they do, and only then.
  const peers = new Set(Object.keys(manifest.peerDependencies ?? {}));
  assert.deepEqual([...new Set([...imported].map(packageOf))].filter((name) => !peers.has(name)).sort(), declared);
});

test('no file is longer than 350 lines', () => {
  const long = [...product, ...readSources('test', 'benchmarks')].filter((file) => file.text.split('\n').length > 351);
  assert.deepEqual(
    long.map((file) => `${file.path}: ${file.text.split('\n').length - 1} lines`),
    [],
  );
});

test('no file or folder has a name that says nothing', () => {
  const vague = product.filter((file) => /(^|\/)(utils?|helpers?|common|misc|shared|lib)(\/|\.ts$)/u.test(file.path));
  assert.deepEqual(
    vague.map((file) => file.path),
    [],
  );
});

test('file names are kebab-case', () => {
  const odd = product.filter((file) => !/^[a-z0-9/-]+\.ts$/u.test(file.path));
  assert.deepEqual(
    odd.map((file) => file.path),
    [],
  );
});

const BANNED: readonly [what: string, pattern: RegExp][] = [
  ['eval', /\beval\s*\(/u],
  ['new Function', /\bnew\s+Function\b/u],
  ['Function as a call', /(?<![.\w])Function\s*\(/u],
  ['a timer that is given a text', /\bset(?:Timeout|Interval|Immediate)\s*\(\s*['"`]/u],
  ['node:vm', /['"](?:node:)?vm['"]/u],
  ['a console in place of a stream', /\bconsole\.\w+\(/u],
];

for (const [what, pattern] of BANNED)
  test(`the product never uses ${what}`, () => {
    assert.deepEqual(
      product.filter((file) => pattern.test(file.code)).map((file) => file.path),
      [],
    );
  });

test('nothing is left unfinished', () => {
  const unfinished = product.filter((file) => /\b(TODO|FIXME|XXX)\b|not implemented/iu.test(file.text));
  assert.deepEqual(
    unfinished.map((file) => file.path),
    [],
  );
});

test('package-lock.json holds no address of a registry', () => {
  assert.doesNotMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /"resolved":\s*"http/u);
});
