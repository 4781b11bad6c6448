/**
 * node dist/benchmarks/rules.js [--small]: from a change of the rules to their being in force at a gateway thread of `gwrk serve`,
 * over a file that is replaced by an atomic rename, PUT /admin/rules, and a Nacos server that holds the question. Milliseconds;
 * what is seen by asking GET /admin/rules again and again holds the time of that too.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FakeNacos } from '../test/reference-server/rule-sources/fake-nacos.js';

const small = process.argv.includes('--small');
const CHANGES = small ? 5 : 50;
const LONGEST_MS = 5_000;
const TOKEN = 'token-of-the-benchmark';
const program = fileURLToPath(new URL('../reference-server/main.js', import.meta.url));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

interface Answer {
  readonly version: number;
  readonly versionAtThreads: number;
}

function admin(url: string, method: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'if-match': '*' };
    const outgoing = request(`${url}/admin/rules`, { agent, method, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      if (response.statusCode === 200) resolve(JSON.parse(text));
      else reject(new Error(`${response.statusCode}: ${text}`));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function untilInForce(url: string, version: number): Promise<void> {
  const endMs = performance.now() + LONGEST_MS;
  while ((await admin(url, 'GET')).versionAtThreads < version) {
    if (performance.now() > endMs) throw new Error(`version ${version} is not in force after ${LONGEST_MS} ms`);
  }
}

/** A server that follows `rules`, the given rules being in force. */
async function serve(rules: readonly string[], run: (url: string) => Promise<void>): Promise<void> {
  const ports = ['--port', '0', '--http-port', '0', '--admin-port', '0'];
  const env = { PATH: process.env.PATH ?? '', GWRK_ADMIN_TOKEN: TOKEN };
  const child = spawn(process.execPath, [program, ...ports, ...rules], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => [])]);
    if (line[0] === undefined) throw new Error('the server ended before it was ready');
    await run(JSON.parse(String(line[0])).admin);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** Times `change(n)`, n = 1, 2, ..., each until it is in force. The first one, which runs code for the first time, is told apart. */
async function measure(name: string, target: string, change: (n: number) => Promise<void>): Promise<void> {
  const tookMs: number[] = [];
  for (let n = 1; n <= CHANGES + 1; n++) {
    // At another phase of the thread's sleep each time.
    await sleep(20 + ((n * 37) % 60));
    const startMs = performance.now();
    await change(n);
    tookMs.push(performance.now() - startMs);
  }
  const firstMs = tookMs.shift()!;
  tookMs.sort((a, b) => a - b);
  const at = (share: number): string => tookMs[Math.ceil(share * tookMs.length) - 1]!.toFixed(1).padStart(7);
  console.log(`${name.padEnd(34)} P50 ${at(0.5)} ms   P99 ${at(0.99)} ms   first ${firstMs.toFixed(1).padStart(6)} ms   (${target})`);
}

const rulesOf = (n: number): string => JSON.stringify([{ resource: 'login', threshold: 1_000 + n }]);
console.log(`from a change to in force at the gateway thread, ${CHANGES} changes`);

const directory = mkdtempSync(join(tmpdir(), 'gwrk-bench-rules-'));
const path = join(directory, 'rules.json');
writeFileSync(path, rulesOf(0));
await serve(['--rules', path], (url) =>
  measure('file, atomic rename', 'P99 at most 150 ms', async (n) => {
    writeFileSync(`${path}~`, rulesOf(n));
    renameSync(`${path}~`, path);
    await untilInForce(url, n + 1);
  }),
);
rmSync(directory, { recursive: true });

await serve([], (url) =>
  measure('push, PUT /admin/rules', 'P99 at most 10 ms', async (n) => {
    const { versionAtThreads } = await admin(url, 'PUT', rulesOf(n));
    if (versionAtThreads !== n) throw new Error(`version ${n} is not in force when PUT is answered`);
  }),
);

const nacos = await new FakeNacos().start();
nacos.publish('/DEFAULT_GROUP/rules.json', rulesOf(0));
await serve(['--rules', `nacos://${nacos.host}/rules.json`], (url) =>
  measure('Nacos (a fake on loopback)', 'P99 at most 500 ms', async (n) => {
    nacos.publish('/DEFAULT_GROUP/rules.json', rulesOf(n));
    await untilInForce(url, n + 1);
  }),
);
await nacos.stop();
agent.destroy();
