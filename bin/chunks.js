/**
 * Loads the command line that scripts/bundle.js packed, with the code cache that V8 made of it at the end of the build:
 * what was compiled then need not be compiled again. Where there is none, node loads the same files by itself.
 */
const { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { createRequire, enableCompileCache } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const folder = join(__dirname, '../dist/cli');
const entry = join(folder, 'main.js');
/** A cache serves only the program that made it; the size of the file tells builds of one version apart. */
const caches = join(folder, `cache-${process.version}-${process.arch}-${statSync(process.execPath).size}`);
const nodeRequire = createRequire(entry);
/** By name: the module of a chunk and the script it came from. */
const loaded = new Map();

/** The exports of src/cli/main.ts. */
function loadMain() {
  if (existsSync(caches)) return loadChunk('main.js');
  enableCompileCache?.(); // Node 22.1 and later keep a cache of their own
  return nodeRequire('./main.js');
}

function loadChunk(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const filename = join(folder, name);
  // As node wraps every CommonJS module; on one line, so that the lines of a stack trace are those of the file.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8')}\n})`, {
    filename,
    cachedData: cacheOf(name), // V8 compiles the text where it does not take this
  });
  const module = { exports: {} };
  loaded.set(name, { module, script });
  script.runInThisContext()(module.exports, requireFromChunk, module, filename, folder);
  return module.exports;
}

function requireFromChunk(id) {
  return id.startsWith('./') ? loadChunk(id.slice(2)) : nodeRequire(id);
}

function cacheOf(name) {
  try {
    return readFileSync(join(caches, `${name}.cache`));
  } catch {
    return undefined; // a chunk that none of the commands in scripts/code-cache.js needs
  }
}

/** Keeps what V8 has compiled by now. */
function writeCaches() {
  mkdirSync(caches, { recursive: true });
  for (const [name, { script }] of loaded) {
    const path = join(caches, `${name}.cache`);
    writeFileSync(`${path}.new`, script.createCachedData());
    renameSync(`${path}.new`, path); // never half of one for a gwrk that starts just now
  }
}

module.exports = { caches, entry, loadChunk, loadMain, writeCaches };
