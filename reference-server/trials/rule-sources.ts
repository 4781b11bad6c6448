import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN_TOKEN } from './server-child.js';

/** A way for new rules to come to servers. */
export interface TrialSource {
  /** What a server follows it by; empty: it is pushed to. */
  readonly flags: readonly string[];
  /** Puts other rules there, for the servers with these admin addresses. A push resolves when they are in force. */
  change(rules: string, admins: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export const SOURCES = ['file', 'push', 'poll', 'nacos'] as const;
export type SourceKind = (typeof SOURCES)[number];

export function openSource(kind: SourceKind, rules: string): Promise<TrialSource> {
  return { file: openFile, push: openPush, poll: openPoll, nacos: openNacos }[kind](rules);
}

const agent = new Agent({ keepAlive: true });

/** What a server says of its rules. */
export interface RulesAnswer {
  readonly version: number;
  readonly versionAtThreads: number;
}

/** GET or PUT /admin/rules. Rejects when the answer is not 200. */
export function askRules(admin: string, rules?: string): Promise<RulesAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'if-match': '*' };
    const method = rules === undefined ? 'GET' : 'PUT';
    const outgoing = request(`${admin}/admin/rules`, { agent, method, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      if (response.statusCode === 200) resolve(JSON.parse(text) as RulesAnswer);
      else reject(new Error(`${method} /admin/rules: ${response.statusCode} ${text}`));
    });
    outgoing.once('error', reject);
    outgoing.end(rules);
  });
}

/** A file that is replaced by an atomic rename. */
async function openFile(rules: string): Promise<TrialSource> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-trial-rules-'));
  const path = join(directory, 'rules.json');
  const write = (text: string): void => {
    writeFileSync(`${path}~`, text);
    renameSync(`${path}~`, path);
  };
  write(rules);
  return {
    flags: ['--rules', path],
    change: async (text) => write(text),
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function openPush(): Promise<TrialSource> {
  return {
    flags: [],
    change: async (text, admins) => void (await Promise.all(admins.map((admin) => askRules(admin, text)))),
    close: async () => {},
  };
}

async function listening(answer: (incoming: IncomingMessage, response: ServerResponse) => void): Promise<[Server, string]> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return [server, `127.0.0.1:${(server.address() as { port: number }).port}`];
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, 'close');
}

const etagOf = (text: string): string => `"${createHash('md5').update(text).digest('hex')}"`;

/** A web server that has the rules and holds no question: it is asked every 5 s. */
async function openPoll(rules: string): Promise<TrialSource> {
  let text = rules;
  const [server, host] = await listening((incoming, response) => {
    const etag = etagOf(text);
    if (incoming.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
    else response.writeHead(200, { etag, 'content-type': 'application/json' }).end(text);
  });
  return {
    flags: ['--rules', `http://${host}/rules.json`],
    change: async (next) => {
      text = next;
    },
    close: () => closeServer(server),
  };
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** A configuration server that speaks as much of Nacos 2's open HTTP API as following one configuration takes: it holds questions until it changes. */
async function openNacos(rules: string): Promise<TrialSource> {
  let text = rules;
  const held = new Map<ServerResponse, string>();
  const answerHeld = (): void => {
    for (const [response, known] of held) {
      if (known === md5(text)) continue;
      held.delete(response);
      response.writeHead(200).end(`${encodeURIComponent('rules.json\x02DEFAULT_GROUP\x01')}\n`);
    }
  };
  const [server, host] = await listening(async (incoming, response) => {
    if (incoming.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-md5': md5(text) }).end(text);
      return;
    }
    let body = '';
    for await (const chunk of incoming) body += chunk;
    held.set(response, (new URLSearchParams(body).get('Listening-Configs') ?? '').split(/[\x01\x02]/u)[2] ?? '');
    response.once('close', () => held.delete(response));
    answerHeld();
  });
  return {
    flags: ['--rules', `nacos://${host}/rules.json`],
    change: async (next) => {
      text = next;
      answerHeld();
    },
    close: () => closeServer(server),
  };
}
