/**
 * A login service as many have it: the user is looked up in a relational database, the session is written there, and one JWT is all that a
 * client shows afterwards. `gwrk bench auth` measures and attacks it.
 *
 *   node dist/reference-server/trials/naive-login.js USERS        (a PostgreSQL server's URL in GWRK_BENCH_POSTGRES, else PGlite)
 *
 * prints {"http": URL, "database": NAME, "pid": N} when it is ready; SIGTERM ends it. POST /v1/login {"uid"} answers {"access"};
 * POST /v1/op with the JWT as bearer runs an operation.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Database, openDatabase } from './database.js';

const SECRET = randomBytes(32);
const LIFETIME_S = 900;
const LARGEST_BODY = 16_384;
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

const sign = (text: string): Buffer => createHmac('sha256', SECRET).update(text).digest();

function issue(uid: string, sid: string): string {
  const nowS = Math.floor(Date.now() / 1_000);
  const claims = Buffer.from(JSON.stringify({ sub: uid, sid, iat: nowS, exp: nowS + LIFETIME_S })).toString('base64url');
  return `${HEADER}.${claims}.${sign(`${HEADER}.${claims}`).toString('base64url')}`;
}

/** The claims of a token of ours that has not run out, else undefined. */
function verify(token: string): { sub: string; sid: string } | undefined {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const own = sign(`${header}.${claims}`);
  if (header !== HEADER || given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string; sid: string; exp: number };
  return read.exp > Date.now() / 1_000 ? read : undefined;
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LARGEST_BODY) return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function login(database: Database, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const uid = (await readJson(request))?.uid;
  if (typeof uid !== 'string') return answer(response, 400, { error: 'MALFORMED' });
  const [user] = await database.query('SELECT id, role, banned FROM gwrk_bench_users WHERE name = $1', [uid]);
  if (user === undefined || user.banned === true) return answer(response, 401, { error: 'UNKNOWN' });
  const sid = randomBytes(16).toString('base64url');
  await database.query('INSERT INTO gwrk_bench_sessions VALUES ($1, $2, now())', [sid, user.id]);
  answer(response, 200, { access: issue(uid, sid), role: user.role });
}

async function operate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const claims = verify(/^Bearer (\S+)$/u.exec(request.headers.authorization ?? '')?.[1] ?? '');
  if (claims === undefined) return answer(response, 401, { error: 'TOKEN' });
  const body = await readJson(request);
  answer(response, body === undefined ? 400 : 200, { done: body?.op, by: claims.sub });
}

const [users = '1000'] = process.argv.slice(2);
const database = await openDatabase(process.env.GWRK_BENCH_POSTGRES, Number(users));
const server = createServer((request, response) => {
  const route = `${request.method} ${request.url}`;
  const work =
    route === 'POST /v1/login'
      ? login(database, request, response)
      : route === 'POST /v1/op'
        ? operate(request, response)
        : Promise.resolve(answer(response, 404, { error: 'NOT_FOUND' }));
  work.catch(() => answer(response, 500, { error: 'INTERNAL' }));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ http: `http://127.0.0.1:${port}`, database: database.name, pid: process.pid })}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void database.close().finally(() => process.exit(0));
});
