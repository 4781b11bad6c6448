import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SCRIPTS } from '../../src/cli/completion-scripts.js';
import { runFlagShapes } from '../../src/cli/run-flags.js';
import { gwrk } from '../integration/gwrk-process.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-completion-'));
after(() => rmSync(directory, { recursive: true }));
const lacks = (shell: string): string | false => spawnSync(shell, ['-c', 'true']).error !== undefined && `no ${shell} here`;

before(async () => {
  for (const shell of Object.keys(SCRIPTS)) {
    const { code, stdout, stderr } = await gwrk(['completion', shell]);
    assert.equal(code, 0, stderr);
    writeFileSync(join(directory, `gwrk.${shell}`), stdout);
  }
  writeFileSync(join(directory, 'my file.yaml'), '');
});

/** What bash offers for the last of these words. */
function bash(...words: string[]): string[] {
  const script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gwrk; printf "%s\\n" "\x24{COMPREPLY[@]}"';
  const text = execFileSync('bash', ['-c', script, 'bash', join(directory, 'gwrk.bash'), 'gwrk', ...words], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.split('\n').filter((line) => line !== '');
}

test('bash completes commands, flags, choices and files', { skip: lacks('bash') }, () => {
  assert.deepEqual(bash('va'), ['validate']);
  assert.deepEqual(bash('run', '--tr'), ['--transport']);
  assert.deepEqual(bash('run', 'x.yaml', '--transport', ''), ['auto', 'uring', 'node']);
  assert.deepEqual(bash('run', 'my'), ['my file.yaml']);
  assert.deepEqual(bash('init', 'ws'), ['ws-echo']);
  assert.deepEqual(bash('completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(bash('run', '-c', ''), []);
  assert.deepEqual(bash('serve', '--gate'), ['--gateway']);
});

test('bash knows every flag of run', { skip: lacks('bash') }, () => {
  const known = new Set(bash('run', '-'));
  assert.deepEqual(
    runFlagShapes().filter(({ long }) => !known.has(`--${long}`)),
    [],
  );
});

for (const shell of ['zsh', 'fish'])
  test(`${shell} can read its script`, { skip: lacks(shell) }, () => {
    execFileSync(shell, ['-n', join(directory, `gwrk.${shell}`)]);
  });

test('fish completes commands, flags, choices and files', { skip: lacks('fish') }, () => {
  const fish = (line: string): string[] =>
    execFileSync('fish', ['--no-config', '-c', `source ${directory}/gwrk.fish; complete -C '${line}'`], {
      cwd: directory,
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n')
      .map((one) => one.split('\t')[0]!);
  assert.deepEqual(fish('gwrk va'), ['validate']);
  assert.deepEqual(fish('gwrk run --transport u'), ['uring']);
  assert.deepEqual(fish('gwrk init ws'), ['ws-echo']);
  assert.ok(fish('gwrk run my').includes('my file.yaml') || fish('gwrk run my').includes('my\\ file.yaml'), String(fish('gwrk run my')));
});

test('zsh completes in its own completion system', { skip: lacks('zsh') }, () => {
  // Without a terminal no line can be typed: the specs that the script hands to zsh are looked at.
  const script = `compdef() { : }; source ${directory}/gwrk.zsh; _arguments() { print -rl -- "$@" }; _describe() { print -rl -- $commands }
    words=(gwrk va); CURRENT=2; _gwrk; words=(gwrk run --tr); CURRENT=3; _gwrk`;
  const text = execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8' });
  assert.match(text, /^validate:check scenario files/mu);
  assert.match(text, /^\*--transport\[how sockets are driven.*\]:value:\(auto uring node\)$/mu);
  assert.match(text, /^1:file:_files$/mu);
});
