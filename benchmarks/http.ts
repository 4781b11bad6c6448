/**
 * Requests a second of `gwrk run http://` with 256 keep-alive connections and one worker against nginx (node:http where there is
 * none), beside wrk on the same server where wrk is installed. Closed loops on both sides: throughput, not response times.
 *
 *   node dist/benchmarks/http.js [--small]
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT_CORE, counter, end, pinned, runGwrk, SERVER_CORE, start } from './gwrk.js';

const small = process.argv.includes('--small');
const connections = small ? 8 : 256;
const seconds = small ? 1 : 4;
const NODE_SERVER = "require('node:http').createServer((_, r) => r.end('hello world')).listen(+process.argv[1], '127.0.0.1')";

const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

function nginx(port: number, directory: string): ChildProcess {
  const config = join(directory, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 2048; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path ${directory}/a; proxy_temp_path ${directory}/b; fastcgi_temp_path ${directory}/c; uwsgi_temp_path ${directory}/d; scgi_temp_path ${directory}/e;
  server { listen 127.0.0.1:${port}; location / { return 200 "hello world"; } }
}
`,
  );
  return start(pinned(SERVER_CORE, ['/usr/sbin/nginx', '-p', directory, '-c', config]), {}, ['ignore', 'ignore', 'ignore']);
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isUp = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers at ${url}`);
}

const line = (label: string, text: string): void => console.log(`${label.padEnd(44)} ${text}`);
const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} /s`;

const directory = mkdtempSync(join(tmpdir(), 'gwrk-http-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}/`;
const isNginx = has('nginx');
const server = isNginx
  ? nginx(port, directory)
  : start(pinned(SERVER_CORE, [process.execPath, '-e', NODE_SERVER, String(port)]), {}, ['ignore', 'ignore', 'inherit']);
try {
  await answering(url);
  const report = await runGwrk(['-c', String(connections), '-d', `${seconds}s`, '--threads', '1', url]);
  const ours = counter(report, 'http_reqs') / seconds;
  line('server', isNginx ? 'nginx, one process' : 'node:http');
  line(`gwrk run, ${report.transport}, ${connections} connections`, perSecond(ours));
  line('failed requests', String(counter(report, 'http_reqs_failed')));
  if (has('wrk')) {
    const words = pinned(CLIENT_CORE, ['wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, url]);
    const theirs = Number(/Requests\/sec:\s+([\d.]+)/u.exec(execFileSync(words[0]!, words.slice(1), { encoding: 'utf8' }))?.[1]);
    line('wrk, one thread', perSecond(theirs));
    line('gwrk : wrk', `${(ours / theirs).toFixed(2)} x`);
  } else line('wrk', 'skipped: it is not on the PATH');
} finally {
  await end(server);
  rmSync(directory, { recursive: true, force: true });
}
