/**
 * node dist/benchmarks/cli-start.js [--small]: how soon gwrk answers: --help, and validate of a scenario of
 * 500 lines. Medians of whole processes, and what they are beside node doing nothing, for that differs most from one machine to the next. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { line } from './gwrk.js';

const small = process.argv.includes('--small');
const ROUNDS = small ? 3 : 15;
const LINES = 500;
const bin = fileURLToPath(new URL('../../bin/gwrk.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'gwrk-cli-start-'));
const file = join(directory, 'long.yaml');

/** One scenario whose flow is as long as it takes: sends with an answer that is matched, checked and timed. */
function longScenario(): string {
  const lines = ['name: long', 'target: ws://127.0.0.1:9000/', 'variables:', '  CLIENTS: 100', 'scenarios:', '  talkers:'];
  lines.push('    executor: constant-clients', '    clients: "{{ CLIENTS }}"', '    duration: 10s', '    flow:', '      - connect: {}');
  for (let step = 0; lines.length <= LINES - 6; step++) {
    lines.push('      - send:', `          json: { id: "{{ client }}-${step}", op: move, x: "{{ random(0, 1000) }}" }`);
    lines.push(
      '          match: { json: /id }',
      '          expect: { within: 1s, json: { /op: move } }',
      '      - think: { min: 100ms, max: 200ms }',
    );
  }
  lines.push('      - disconnect: {}');
  while (lines.length < LINES) lines.unshift('# a scenario of this length');
  return `${lines.join('\n')}\n`;
}

/** Wall time of whole processes, the median of each command, ms. Taken in turns, so that a slow moment of the machine hits all. */
function mediansMs(commands: readonly (readonly string[])[]): number[] {
  const times: number[][] = commands.map(() => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, args] of commands.entries()) {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
      if (round > 0) times[index]!.push(performance.now() - start); // the first one reads the files from the disk
    }
  }
  return times.map((each) => each.sort((a, b) => a - b)[each.length >> 1]!);
}

try {
  writeFileSync(file, longScenario());
  const [node, help, validate] = mediansMs([
    ['-e', '0'],
    [bin, '--help'],
    [bin, 'validate', file],
  ]) as [number, number, number];
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  const beyond = (value: number): string => `(node and ${ms(value - node)}, ${(value / node).toFixed(1)} times node)`;
  line('node by itself', ms(node));
  line('gwrk --help', ms(help), `<= 150 ms  ${beyond(help)}`);
  line(`gwrk validate, ${LINES} lines`, ms(validate), `<= 300 ms  ${beyond(validate)}`);
} finally {
  rmSync(directory, { recursive: true });
}
