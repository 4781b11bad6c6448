/**
 * node dist/benchmarks/rules.js [--small]: from a change of the rules to their being in force at a gateway thread of `gwrk serve`,
 * over a file that is replaced by an atomic rename, PUT /admin/rules, and a Nacos server that holds the question; and which share of the
 * operations behind a change was judged by the old rules. The program of `gwrk bench rules`, with more changes.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const small = process.argv.includes('--small');
const CHANGES = small ? 3 : 50;
const program = fileURLToPath(new URL('../reference-server/trials/rules-trial.js', import.meta.url));

console.log(`from a change to in force at the gateway thread, ${CHANGES} changes`);
for (const [source, name, target] of [
  ['file', 'file, atomic rename', 'P99 at most 150 ms'],
  ['push', 'push, PUT /admin/rules', 'P99 at most 10 ms'],
  ['nacos', 'Nacos (one of its own on loopback)', 'P99 at most 500 ms'],
] as const) {
  const { stdout } = await promisify(execFile)(process.execPath, [program, source, String(CHANGES), '1']);
  const { inForceMs, judged, judgedByOld } = JSON.parse(stdout) as { inForceMs: number[]; judged: number; judgedByOld: number };
  inForceMs.sort((a, b) => a - b);
  const at = (share: number): string => inForceMs[Math.ceil(share * inForceMs.length) - 1]!.toFixed(1).padStart(7);
  const old = ((100 * judgedByOld) / judged).toFixed(1);
  console.log(`${name.padEnd(36)} P50 ${at(0.5)} ms   P99 ${at(0.99)} ms   old rules ${old.padStart(5)} %   (${target})`);
}
