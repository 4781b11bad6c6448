#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  const { main: run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.stderr.write('gwrk is not built yet: run `npm run build` (npm ci does it too) in the directory of gwrk\n');
  process.exitCode = 1;
}
