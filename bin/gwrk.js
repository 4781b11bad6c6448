#!/usr/bin/env node
// CommonJS, as is the bundle: node starts it sooner than a module.
const { existsSync } = require('node:fs');
const { entry, loadMain } = require('./chunks.js');

if (existsSync(entry)) {
  loadMain()
    .main(process.argv.slice(2))
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
} else {
  process.stderr.write('gwrk is not built yet: run `npm run build` (npm ci does it too) in the directory of gwrk\n');
  process.exitCode = 1;
}
