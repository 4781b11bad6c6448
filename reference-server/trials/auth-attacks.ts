/**
 * Attacks on a login, really run: what an eavesdropper can do with what it has read, and a thief with a token that it has stolen.
 *
 *   node dist/reference-server/trials/auth-attacks.js naive HTTP_URL COUNT
 *   node dist/reference-server/trials/auth-attacks.js dual HTTP_URL WS_URL COUNT
 *
 * prints one line of JSON. Each attack stands beside the same thing done by the rightful client, which must succeed: a server that
 * refuses everybody is not safe, it is down.
 */
import { randomBytes } from 'node:crypto';
import { AUTH_ERR, AUTH_OK, CODE_OK, packetType } from '../../src/protocol/packet.js';
import { ackCode, type Credential, isRepeated, login, Player } from './player.js';

export interface AttackFigures {
  /** Requests or packets of a rightful client sent again, byte for byte. */
  readonly replays: number;
  readonly replaysRefused: number;
  /** A token used on another device, by somebody who does not know the secret of its session. */
  readonly thefts: number;
  readonly theftsRefused: number;
}

/** A token as it was caught, in a request of a client whose device the server has never heard of. */
async function naiveOp(http: string, token: string, device: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-device': device, 'x-nonce': 'f00d' };
  const answer = await fetch(`${http}/v1/op`, { method: 'POST', headers, body: '{"op":"trade","item":7,"amount":1}' });
  await answer.arrayBuffer();
  return answer.status === 200;
}

async function attackNaive(http: string, count: number): Promise<AttackFigures> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${http}/v1/login`, { method: 'POST', headers, body: '{"uid":"p0"}' });
  const { access } = (await answer.json()) as { access: string };
  if (!(await naiveOp(http, access, 'own'))) throw new Error('the rightful client was refused');
  let [replaysRefused, theftsRefused] = [0, 0];
  for (let n = 0; n < count; n++) {
    if (!(await naiveOp(http, access, 'own'))) replaysRefused++;
    if (!(await naiveOp(http, access, `other-${n}`))) theftsRefused++;
  }
  return { replays: count, replaysRefused, thefts: count, theftsRefused };
}

/**
 * An operation sent again: byte for byte, which the sequence numbers see; and by a client that signs it anew with its old nonce, which the
 * stored nonces see. True when it was not run a second time.
 */
async function isReplayRefused(ws: string, credential: Credential, isByteForByte: boolean): Promise<boolean> {
  const player = await Player.enter(ws, credential);
  const nonce = randomBytes(8);
  const bytes = player.signedEcho(nonce);
  const first = await player.ask(bytes);
  if (ackCode(first) !== CODE_OK || isRepeated(first)) throw new Error('the rightful client was refused');
  const again = await player.ask(isByteForByte ? bytes : player.signedEcho(nonce)).catch(() => undefined);
  await player.leave();
  return again === undefined || ackCode(again) === undefined || isRepeated(again);
}

/** The AUTH of a connection sent on another one. */
async function isOldAuthRefused(ws: string, credential: Credential): Promise<boolean> {
  const rightful = await Player.connect(ws);
  const bytes = rightful.auth(credential);
  if (packetType(await rightful.ask(bytes), 0) !== AUTH_OK) throw new Error('the rightful client was refused');
  const attacker = await Player.connect(ws);
  const isRefused = packetType(await attacker.ask(bytes), 0) === AUTH_ERR;
  await Promise.all([rightful.leave(), attacker.leave()]);
  return isRefused;
}

/** The token, with a secret that was guessed; from the device it was issued to, or from another one. */
async function isTheftRefused(ws: string, { access, dfp }: Credential, isOtherDevice: boolean): Promise<boolean> {
  const thief = await Player.connect(ws);
  const answer = await thief.ask(thief.auth({ access, secret: randomBytes(32), dfp: isOtherDevice ? randomBytes(32) : dfp }));
  await thief.leave();
  return packetType(answer, 0) === AUTH_ERR;
}

async function attackDual(http: string, ws: string, count: number): Promise<AttackFigures> {
  let [replaysRefused, theftsRefused] = [0, 0];
  for (let n = 0; n < count; n++) {
    // A user a round: logins of one user are limited, and so are its signed operations.
    const credential = await login(http, `attacked${n}`);
    const isRefused = n % 3 === 0 ? await isOldAuthRefused(ws, credential) : await isReplayRefused(ws, credential, n % 3 === 1);
    if (isRefused) replaysRefused++;
    if (await isTheftRefused(ws, credential, n % 2 === 1)) theftsRefused++;
    // The rightful client still comes in.
    await (await Player.enter(ws, credential)).leave();
  }
  return { replays: count, replaysRefused, thefts: count, theftsRefused };
}

const [kind, http = '', ...rest] = process.argv.slice(2);
const count = Number(rest.at(-1));
const figures = kind === 'naive' ? await attackNaive(http, count) : await attackDual(http, rest[0]!, count);
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0); // fetch keeps its connections
