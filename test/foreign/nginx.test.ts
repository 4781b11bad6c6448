import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../net/free-ports.js';
import { runWhole, transports } from './foreign-run.js';

const NGINX = '/usr/sbin/nginx';
const missing = existsSync(NGINX) ? false : `${NGINX} is not installed`;
const directory = mkdtempSync(join(tmpdir(), 'gwrk-nginx-'));
const log = join(directory, 'access.log');
let echo: WebSocketServer;
let nginx: ChildProcess;
let port: number;
/** Upgrades that were asked for so far. */
let asked = 0;

const config = (echoPort: number): string => `
daemon off;
master_process off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 512; }
http {
  access_log ${log};
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location /game/ {
      proxy_pass http://127.0.0.1:${echoPort};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
      proxy_read_timeout 60s;
    }
  }
}
`;

before(async () => {
  if (missing) return;
  echo = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  echo.on('connection', (socket: WebSocket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  await once(echo, 'listening');
  port = await freePort(); // nginx cannot say which port it chose
  writeFileSync(join(directory, 'nginx.conf'), config((echo.address() as AddressInfo).port));
  nginx = spawn(NGINX, ['-p', directory, '-c', 'nginx.conf', '-e', join(directory, 'error.log')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await untilOpen();
});
after(async () => {
  if (nginx && nginx.exitCode === null) {
    nginx.kill('SIGTERM');
    await once(nginx, 'exit');
  }
  for (const socket of echo?.clients ?? []) socket.terminate();
  echo?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function untilOpen(): Promise<void> {
  for (let attempt = 0; attempt < 1_200; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nginx does not listen: ${readFileSync(join(directory, 'error.log'), 'utf8')}`);
}

for (const { transport, skip } of transports)
  test(`through nginx as a proxy every message is answered over ${transport}`, { skip: missing || skip }, async () => {
    const report = await runWhole(
      `
name: behind-nginx
target: ws://127.0.0.1:${port}/game/lobby
scenarios:
  players:
    executor: per-client-iterations
    clients: 40
    iterations: 1
    maxDuration: 60s
    flow:
      - connect: {}
      - loop:
          every: 100ms
          count: 10
          steps:
            - send: { json: { id: "{{ client }}-{{ iteration }}" }, match: { json: /id }, expect: { within: 30s } }
      - disconnect: {}
`,
      transport,
      40,
    );
    assert.equal(report.ledger.sent, 40 * 10);
    asked += 40;
    // nginx writes a line once it has seen the end of the connection, a moment after we have.
    const upgrades = (): number => readFileSync(log, 'utf8').match(/"GET \/game\/lobby HTTP\/1\.1" 101 /gu)?.length ?? 0;
    for (let look = 0; look < 1_200 && upgrades() < asked; look++) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(upgrades(), asked, 'upgrades in the log of nginx');
  });
