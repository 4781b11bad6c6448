import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, CommanderError } from 'commander';
import { applyEnvironment } from '../../src/cli/environment.js';
import { rewriteGoFlags } from '../../src/cli/go-flags.js';
import { addRunFlags, type RunFlags, runFlagShapes } from '../../src/cli/run-flags.js';

function flagsOf(words: readonly string[], environment: NodeJS.ProcessEnv = {}): RunFlags {
  const command = addRunFlags(
    new Command('run')
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .argument('<subject>'),
  );
  command.parse(rewriteGoFlags(words, runFlagShapes()), { from: 'user' });
  applyEnvironment(command, environment);
  return command.opts<RunFlags>();
}

const refuses = (words: readonly string[], environment: NodeJS.ProcessEnv, text: RegExp): void => {
  assert.throws(
    () => flagsOf(['x.yaml', ...words], environment),
    (error) => error instanceof CommanderError && text.test(error.message),
  );
};

test("the article's command line is understood as typed", () => {
  const line = [
    '-c',
    '100000',
    '-n',
    '1000000',
    '-t',
    '64',
    '-timeout',
    '30s',
    '-keepalive',
    '-body',
    '{"op":"auth","token":"test"}',
    'ws://h/v1/ws',
  ];
  const { connections, requests, threads, timeout, keepalive, body } = flagsOf(line);
  assert.deepEqual(
    { connections, requests, threads, timeout, keepalive, body },
    { connections: 100_000, requests: 1_000_000, threads: 64, timeout: 30e6, keepalive: true, body: '{"op":"auth","token":"test"}' },
  );
});

test('the command line wins over the environment, the environment over the default', () => {
  const environment = { GWRK_CONNECTIONS: '20', GWRK_OUT: 'elsewhere', GWRK_TRANSPORT: 'node' };
  const flags = flagsOf(['x', '-c', '10', '--transport', 'uring'], environment);
  assert.equal(flags.connections, 10);
  assert.equal(flags.transport, 'uring');
  assert.equal(flags.out, 'elsewhere');
  assert.equal(flagsOf(['x']).out, 'reports');
});

test('every flag has its variable, with the same parser', () => {
  const flags = flagsOf(['x'], {
    GWRK_MESSAGE_RATE: '1k/s',
    GWRK_TIMEOUT: '1m30s',
    GWRK_HEADER: 'a: 1\nb: x, y',
    GWRK_SOURCE_IP: '127.0.1.1\n127.0.1.2',
    GWRK_ENV: 'A=1\nB=2=3',
    GWRK_TAG: 'commit=abc',
    GWRK_SEED: '7',
    GWRK_KEEPALIVE: 'true',
    GWRK_TARGET_PID: '12',
  });
  assert.equal(flags.messageRate, 1000);
  assert.equal(flags.timeout, 90e6);
  assert.deepEqual(flags.header, [
    ['a', '1'],
    ['b', 'x, y'],
  ]);
  assert.deepEqual(flags.sourceIp, ['127.0.1.1', '127.0.1.2']);
  assert.deepEqual(flags.env, { A: '1', B: '2=3' });
  assert.deepEqual(flags.tag, { commit: 'abc' });
  assert.equal(flags.seed, 7);
  assert.equal(flags.keepalive, true);
  assert.deepEqual(flags.targetPid, [12]);
});

test('a switch in the environment can be on and off', () => {
  assert.equal(flagsOf(['x'], { GWRK_QUIET: '1', GWRK_NO_THRESHOLDS: 'yes' }).quiet, true);
  assert.equal(flagsOf(['x'], { GWRK_NO_THRESHOLDS: 'yes' }).thresholds, false);
  assert.equal(flagsOf(['x'], { GWRK_NO_THRESHOLDS: '0' }).thresholds, true);
  assert.equal(flagsOf(['x'], { GWRK_NO_KEEPALIVE: '1' }).keepalive, false);
});

test('repeated flags gather, and a second use of a record adds to the first', () => {
  const flags = flagsOf(['x', '-H', 'a: 1', '-H', 'a: 2', '-e', 'A=1', '-e', 'B=', '--set', 'a.b=c', '--source-ip', '127.0.1.0/24']);
  assert.deepEqual(flags.header, [
    ['a', '1'],
    ['a', '2'],
  ]);
  assert.deepEqual(flags.env, { A: '1', B: '' });
  assert.deepEqual(flags.set, ['a.b=c']);
});

test('one parse leaves nothing behind for the next', () => {
  flagsOf(['x', '-H', 'a: 1', '-e', 'A=1']);
  assert.deepEqual(flagsOf(['x']).header, []);
  assert.deepEqual(flagsOf(['x']).env, {});
});

const wrong: readonly [words: string[], text: RegExp][] = [
  [['-c', 'many'], /'-c, --connections <n>' argument 'many' is invalid/u],
  [['-c', '0'], /at least 1/u],
  [['-c', '1.5'], /whole number/u],
  [['--timeout', '30'], /60s, 500ms/u],
  [['--timeout', '0'], /60s, 500ms/u],
  [['-R', '-1'], /invalid/u],
  [['-H', 'no colon'], /name: value/u],
  [['-H', 'bad name: x'], /name: value/u],
  [['-H', 'a: x\r\ninjected: y'], /name: value/u],
  [['-e', 'novalue'], /KEY=VALUE/u],
  [['--seed', '1e3'], /whole number/u],
  [['--seed', '4294967296'], /4294967295/u],
  [['--target-pid', '0'], /process/u],
  [['--transport', 'quic'], /Allowed choices are auto, uring, node/u],
  [['--conections', '5'], /Did you mean --connections/u],
  [['-timeuot', '5s'], /argument 'imeuot' is invalid/u],
];

for (const [words, text] of wrong)
  test(`${JSON.stringify(words)} is refused`, () => {
    refuses(words, {}, text);
  });

test('a wrong variable is refused by its name', () => {
  refuses([], { GWRK_CONNECTIONS: 'many' }, /GWRK_CONNECTIONS='many'/u);
  refuses([], { GWRK_QUIET: 'perhaps' }, /GWRK_QUIET='perhaps'/u);
  refuses([], { GWRK_TRANSPORT: 'quic' }, /GWRK_TRANSPORT='quic'/u);
});
