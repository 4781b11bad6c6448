// Loads the command line that scripts/bundle.js packed, with the code cache that V8 made of it when it was built.
const { existsSync, readFileSync, writeFileSync, mkdirSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Script, constants } = require('node:vm');

const folder = join(__dirname, '../dist/cli');
const entry = join(folder, 'main.js');
/** A cache serves only the V8 that made it. */
const caches = join(folder, `cache-${process.versions.v8}-${process.arch}`);
const nativeRequire = createRequire(entry);
const loaded = new Map();

/** The exports of the bundle. */
function loadMain() {
  // import() in a script needs this constant of Node 20.12 on.
  const canCache = constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER !== undefined && existsSync(caches);
  if (canCache) return loadChunk('main.js');
  require('node:module').enableCompileCache?.();
  return nativeRequire('./main.js');
}

function loadChunk(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const filename = join(folder, name);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'latin1')}\n})`, {
    filename,
    cachedData: cacheOf(name),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  loaded.set(name, { module, script });
  script.runInThisContext()(module.exports, requireFromChunk, module, filename, folder);
  return module.exports;
}

const requireFromChunk = (id) => (id.startsWith('./') ? loadChunk(id.slice(2)) : nativeRequire(id));

function cacheOf(name) {
  try {
    return readFileSync(join(caches, `${name}.cache`));
  } catch {
    return undefined; // a chunk that no command of scripts/code-cache.js needed
  }
}

/** Keeps what V8 has compiled by now. */
function writeCaches() {
  for (const [name, { script }] of loaded) writeFileSync(join(caches, `${name}.cache`), script.createCachedData());
}

module.exports = { caches, entry, loadChunk, loadMain, writeCaches };
