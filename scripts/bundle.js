// Packs the command line into dist/cli: reading 200 modules one by one takes node longer than most commands do.
// A module that is imported when a command needs it stays a file of its own (a chunk). Chunks are CommonJS, because only
// that can be compiled from a code cache (code-cache.js). Workers and the reference server run from the files of tsc.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { caches } from '../bin/chunks.js';

/** Packages that a command needs before it does anything. All others are found by node when they are asked for. */
const BUNDLED = new Set(['cli-table3', 'commander', 'hdr-histogram-js', 'yaml', 'zod']);
/** 5 to 15 ms each. commander alone would load child_process at once, for commands that are programs: gwrk has none. */
const LATE = new Set(['node:child_process', 'node:crypto', 'node:fs/promises', 'node:v8', 'node:zlib']);
const nodeRequire = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'dist/src');
const chunks = join(root, 'dist/cli');
const target = 'node20';

/**
 * Leaves packages of others to node, unless they are in BUNDLED or one of those needs them. The yaml for node looks into
 * the environment for each token whether to log it; the one for browsers is the same code without that.
 */
const packages = {
  name: 'packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
      if (path.startsWith('node:') || !importer.startsWith(sources)) return undefined;
      if (path === 'yaml') return { path: join(nodeRequire.resolve('yaml/package.json'), '../browser/index.js') };
      const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
      return BUNDLED.has(name) ? undefined : { path, external: true };
    });
  },
};

/** Modules find files from where they lie themselves: each keeps the URL that it has in dist/src. */
const ownUrls = {
  name: 'own URLs',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (!path.startsWith(sources)) return undefined;
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const own = `import { pathToFileURL as urlOfPath$ } from 'node:url'; const ownUrl$ = urlOfPath$(\`\${__dirname}/${relative(chunks, path)}\`).href;`;
      return { contents: `${own}\n${text.replaceAll('import.meta.url', 'ownUrl$')}` };
    });
  },
};

/** Modules of node are loaded when the first function of theirs is called: most commands come to an end without. */
const lateModules = {
  name: 'late modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      LATE.has(path) && namespace !== 'late' ? { path, namespace: 'late' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
      const names = Object.keys(nodeRequire(path)).filter((name) => name !== 'default');
      return { contents: `module.exports = {${names.map((name) => `get ${name}() { return require('${path}').${name}; }`)}};` };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: [join(sources, 'cli/main.js')],
  // The name of a chunk tells what is in it, so that no code cache is ever taken for another chunk's.
  entryNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target,
  outdir: chunks,
  write: false,
  logLevel: 'warning',
  plugins: [lateModules, packages, ownUrls],
});

const files = new Map([['package.json', '{ "type": "commonjs" }\n']]);
for (const { path, text } of outputFiles) {
  const required = text
    .replace(/\bimport\(("\.\/[\w-]+\.js")\)/g, 'Promise.resolve().then(() => require($1))') // one chunk of another
    .replace(/\bimport\(/g, "require('../../bin/import.js')(");
  const { code } = await transform(required, { format: 'cjs', platform: 'node', target });
  files.set(basename(path), code);
}
const main = [...files.keys()].find((name) => name.startsWith('main-'));
files.set('main.js', `module.exports = require('./${main}');\n`); // the last one: all that it leads to is there

// What is the same stays as it is: gwrk may be running while it is built once more.
mkdirSync(chunks, { recursive: true });
const changed = [...files].filter(([name, text]) => textOf(join(chunks, name)) !== text);
if (changed.length > 0) rmSync(caches, { recursive: true, force: true });
for (const [name, text] of changed) writeFileSync(join(chunks, name), text);
for (const name of readdirSync(chunks)) {
  if (!files.has(name) && name !== basename(caches)) rmSync(join(chunks, name), { recursive: true });
}
if (!existsSync(caches)) {
  const cached = spawnSync(process.execPath, [join(root, 'scripts/code-cache.js')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 60_000,
  });
  if (cached.status !== 0) process.stderr.write('no code cache was made: gwrk works, but starts more slowly\n');
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
