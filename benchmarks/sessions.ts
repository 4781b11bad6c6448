/**
 * node dist/benchmarks/sessions.js [sessions] [--small]: what bulk issue costs the server, over HTTP: sessions a second, CPU and memory a
 * session, and the longest garbage collection of its main thread. The server runs as `gwrk serve`, a process of its own.
 */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ServerStats } from '../reference-server/metrics.js';

const CALL = 5_000;
const small = process.argv.includes('--small');
const WARM_UP = (small ? 1 : 4) * CALL;
const sessions = small ? CALL : Number(process.argv[2] ?? 200_000);
const main = fileURLToPath(new URL('../reference-server/main.js', import.meta.url));
const flags = ['--port', '0', '--http-port', '0', '--admin-port', '0', '--max-sessions', String(sessions + WARM_UP)];
const server = spawn(process.execPath, [main, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
const line = await new Promise<string>((resolve) => createInterface({ input: server.stdout }).once('line', resolve));
const { admin, adminToken } = JSON.parse(line);
const agent = new Agent({ keepAlive: true });
const dfp = Buffer.alloc(32, 7).toString('base64url');

/** Resolves with the answer's text; `keep` false throws it away unread, so that this process costs little. */
function ask(path: string, body: string | undefined, keep: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const outgoing = request(new URL(path, admin), { method: body === undefined ? 'GET' : 'POST', agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        if (keep) text += chunk;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}`))));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const stats = async (): Promise<ServerStats> => JSON.parse(await ask('/admin/v1/stats', undefined, true));

async function issue(first: number, count: number): Promise<void> {
  for (let from = first; from < first + count; from += CALL) {
    const entries = Array.from({ length: CALL }, (_, i) => `{"uid":"p${from + i}","dfp":"${dfp}"}`);
    await ask('/admin/v1/sessions', `{"sessions":[${entries.join()}]}`, false);
  }
}

try {
  await issue(0, WARM_UP);
  const before = await stats();
  const startMs = performance.now();
  await issue(WARM_UP, sessions);
  const seconds = (performance.now() - startMs) / 1000;
  const after = await stats();
  const cpuUs = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / sessions;
  const bytes = (after.rssBytes - before.rssBytes) / sessions;
  console.log(`sessions issued             ${sessions} in calls of ${CALL}`);
  console.log(`sessions a second           ${Math.round(sessions / seconds)} with one call in flight`);
  console.log(`server CPU a session        ${cpuUs.toFixed(1)} us (${Math.round(1e6 / cpuUs)} a second of one core)`);
  console.log(`server memory a session     ${Math.round(bytes)} B (growth of RSS)`);
  console.log(
    `collections, main thread    ${after.main.gcCount - before.main.gcCount}, of them major ${after.main.gcMajor - before.main.gcMajor}, longest ${after.main.gcLongestMs.toFixed(1)} ms`,
  );
} finally {
  agent.destroy();
  server.kill('SIGTERM');
}
