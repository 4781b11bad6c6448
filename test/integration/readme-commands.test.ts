import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type GwrkResult, gwrk, repository } from './gwrk-process.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

/** Each line of a sh block of the README. */
const commands = [...readFileSync(join(repository, 'README.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gmsu)].flatMap((block) =>
  block[1]!.trimEnd().split('\n'),
);

const directory = mkdtempSync(join(tmpdir(), 'gwrk-readme-'));
let echo: ServerProcess;
let game: ServerProcess;
before(async () => {
  [echo, game] = await Promise.all([referenceServer('--echo'), referenceServer('--proof', 'none')]);
});
after(async () => {
  await Promise.all([echo.stop(), game.stop()]);
  rmSync(directory, { recursive: true });
});

/** The words of a command as sh has them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/gu)].map((match) => match[1] ?? match[2]!);
}

/** Size and place are not of the matter: fewer clients, shorter, the servers of this file, and files in a directory of their own. */
function small(words: readonly string[]): string[] {
  const moved = words.map((word) =>
    word
      .replaceAll('ws://127.0.0.1:8080/v1/ws', echo.ws)
      .replace(/^(before|after)\.json$/u, 'result.json')
      .replace(/^result\./u, `${directory}/result.`),
  );
  const replaced = moved.map((word, i) => (moved[i - 1] === '-c' || moved[i - 1] === '-n' ? '20' : moved[i - 1] === '-d' ? '2s' : word));
  const file = /^scenarios\/(\w.*)\.yaml$/u.exec(words[1] ?? '')?.[1];
  if (words[0] === 'bench' && words.length > 1) return [...replaced, '--small'];
  if (words[0] !== 'run' || file === undefined) return replaced;
  const ownServer = ['--set', `target=${game.ws}`, '--set', 'serve=null', '--login-url', game.http];
  return [
    ...replaced,
    '--no-thresholds',
    ...(words.includes('--flame') ? ['--target-pid', String(game.child.pid)] : []),
    ...(words.includes('serve=null') || words.includes('--dry-run') ? [] : ownServer),
    ...['-e', 'CLIENTS=20'], // the last one of a name wins
    ...(file === 'quickstart' ? ['--set', 'scenarios.players.stages=[{duration: 500ms, target: 20}, {duration: 2s, target: 20}]'] : []),
    ...(file === 'quickstart' || file === 'echo' ? [] : ['-e', 'RAMP=500ms']),
    ...(file === 'quickstart' ? [] : ['-e', 'HOLD=2s']),
    ...(file === 'million' ? ['-e', 'LOOK_AROUND=0s'] : []),
  ];
}

/** Ended as it should, or 111 on a machine that is too busy for the plan. */
function assertWent({ code, stderr, report }: GwrkResult, isRun: boolean): void {
  if (!isRun) {
    assert.equal(code, 0, stderr);
    return;
  }
  assert.ok(code === 0 || code === 111, stderr);
  assert.deepEqual(report?.errors, [], stderr);
  assert.equal(report.clients.connected, 20, stderr);
}

for (const command of commands.filter((line) => line.includes('npx gwrk ') && !line.includes('gwrk serve')))
  test(`the README's command works: ${command}`, async () => {
    const words = wordsOf(command.slice(command.indexOf('npx gwrk ') + 'npx gwrk '.length));
    assertWent(await gwrk(small(words)), words[0] === 'run' && !words.includes('--dry-run'));
  });

test('the server of the README starts as it is written there', async () => {
  const [line] = commands.filter((command) => command.includes('gwrk serve'));
  const flags = wordsOf(line!.replace('npx gwrk serve ', '')).filter((word, i, all) => word !== '--port' && all[i - 1] !== '--port');
  const server = await referenceServer(...flags);
  await server.stop();
  assert.equal(server.child.exitCode, 0);
});

test('every other command of the README is one that .ci/run runs', () => {
  const ci = readFileSync(join(repository, '.ci/run'), 'utf8');
  const others = commands.filter((line) => !line.includes('npx gwrk '));
  assert.ok(others.length > 0);
  for (const line of others) assert.ok(ci.includes(line), line);
  for (const line of commands) assert.match(line, /^(npm ci && )?(npx gwrk |npm (test|run \w+)$)/u);
});
