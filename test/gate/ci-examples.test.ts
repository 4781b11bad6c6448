import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { commandWords } from '../../src/run/command-words.js';
import { repository } from '../integration/gwrk-process.js';

const FILES = ['deploy/ci/github-actions.yml', 'deploy/ci/gitlab-ci.yml', 'deploy/ci/action/action.yml'];

/** Every text in a tree. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(texts);
  return [];
}

/** The gwrk command lines in a text, as words. */
function commandsIn(text: string): string[][] {
  return [...text.replaceAll('\\\n', ' ').matchAll(/^(?:npx )?gwrk (.*)$/gmu)].map((match) => commandWords(match[1]!));
}

const helps = new Map<string, string>();
function helpOf(command: readonly string[]): string {
  const name = command[0] === 'baseline' ? command.slice(0, 2) : command.slice(0, 1);
  const key = name.join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const help = execFileSync(process.execPath, [join(repository, 'bin/gwrk.js'), ...name, '--help'], { encoding: 'utf8' });
  helps.set(key, help);
  return help;
}

function checkFlags(command: readonly string[], where: string): void {
  const help = helpOf(command);
  for (const word of command.filter((one) => /^--[a-z]/u.test(one)))
    assert.match(help, new RegExp(`${word.split('=', 1)[0]}[ ,<\\[]`, 'u'), `${where}: gwrk ${command[0]} has no ${word}`);
}

for (const file of FILES)
  test(`${file} is YAML, and every gwrk command in it has the flags it is given`, () => {
    const tree: unknown = parse(readFileSync(join(repository, file), 'utf8'));
    const commands = texts(tree).flatMap(commandsIn);
    assert.ok(commands.length > 0, 'no gwrk command was found');
    for (const command of commands) checkFlags(command, file);
  });

test('a flag that does not exist is found', () => {
  assert.throws(() => checkFlags(['ab', '--pears', '10'], 'x'), /has no --pears/u);
});

test('the commands of docs/ci.md have the flags they are given', () => {
  const blocks = [...readFileSync(join(repository, 'docs/ci.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gmsu)].map((match) => match[1]!);
  const commands = blocks.flatMap(commandsIn);
  assert.equal(commands.length, 4);
  for (const command of commands) checkFlags(command, 'docs/ci.md');
});

test('the workflow hands the action only inputs that it has, and every input it must have', () => {
  const action = parse(readFileSync(join(repository, FILES[2]!), 'utf8')) as {
    inputs: Record<string, { required?: boolean }>;
    outputs: object;
  };
  const workflow = parse(readFileSync(join(repository, FILES[0]!), 'utf8')) as {
    jobs: { gate: { steps: { uses?: string; with?: Record<string, string> }[] } };
  };
  const given = workflow.jobs.gate.steps.find(({ uses }) => uses?.endsWith('gwrk-gate'))!.with!;
  for (const name of Object.keys(given)) assert.ok(Object.hasOwn(action.inputs, name), name);
  for (const [name, { required }] of Object.entries(action.inputs)) assert.ok(!required || Object.hasOwn(given, name), name);
  assert.deepEqual(Object.keys(action.outputs), ['verdict', 'report']);
});

test('the examples name no package registry', () => {
  for (const file of FILES) assert.doesNotMatch(readFileSync(join(repository, file), 'utf8'), /registry|https?:\/\//u);
});
