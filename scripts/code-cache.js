// Runs the commands that should start soon, and keeps what V8 compiled for them (bin/chunks.js takes it from there).
import { setFlagsFromString } from 'node:v8';
import { loadChunk, writeCaches } from '../bin/chunks.js';

const COMMANDS = [
  ['--help'],
  ['run', '--help'],
  ['validate', 'scenarios/quickstart.yaml', 'scenarios/million.yaml', 'scenarios/echo.yaml', 'scenarios/http-login.yaml'],
  ['run', 'scenarios/quickstart.yaml', '--dry-run'],
];

const { main } = loadChunk('main.js');
setFlagsFromString('--no-flush-bytecode'); // else V8 forgets what has not run for a while
for (const command of COMMANDS) {
  const exitCode = await main(command);
  if (exitCode !== 0) throw new Error(`gwrk ${command.join(' ')} ended with ${exitCode}`);
}
// A cache is only good for the flags it was made with. `validate` sets one too.
setFlagsFromString('--flush-bytecode');
setFlagsFromString('--opt');
writeCaches();
