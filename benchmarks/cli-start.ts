/** node dist/benchmarks/cli-start.js [--small]: how soon gwrk answers: --help, and validate of a scenario of 500 lines. Medians of whole processes. */
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

/** Wall time of one process after the other, the median, ms. */
function medianMs(...args: string[]): number {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    if (round > 0) times.push(performance.now() - start); // the first one reads the files from the disk
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

try {
  writeFileSync(file, longScenario());
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  line('node by itself', ms(medianMs('-e', '0')));
  line('gwrk --help', ms(medianMs(bin, '--help')), '<= 150 ms');
  line(`gwrk validate, ${LINES} lines`, ms(medianMs(bin, 'validate', file)), '<= 300 ms');
} finally {
  rmSync(directory, { recursive: true });
}
