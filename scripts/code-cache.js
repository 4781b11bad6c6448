// Runs the commands that should start soon, and keeps what V8 compiled for them (bin/chunks.js takes it from there).
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';

const { caches, loadMain, writeCaches } = createRequire(import.meta.url)('../bin/chunks.js');
const COMMANDS = [
  ['--help'],
  ['run', '--help'],
  ['validate', 'scenarios/quickstart.yaml', 'scenarios/million.yaml'],
  ['run', 'scenarios/quickstart.yaml', '--dry-run'],
];

mkdirSync(caches, { recursive: true });
const { main } = loadMain();
setFlagsFromString('--no-flush-bytecode'); // else V8 forgets what has not run for a while
for (const command of COMMANDS) {
  const exitCode = await main(command);
  if (exitCode !== 0) throw new Error(`gwrk ${command.join(' ')} ended with ${exitCode}`);
}
// A cache is only good for the flags it was made with. `validate` sets one too.
setFlagsFromString('--flush-bytecode');
setFlagsFromString('--opt');
writeCaches();
