/**
 * New rules at a server under a steady load: how long until they are in force at its gateway thread, and how many operations were judged by
 * the old ones meanwhile.
 *
 *   node dist/reference-server/trials/rules-trial.js file|push|poll|nacos CHANGES SEED
 *
 * prints one line of JSON. Players send echoes all the time; each change switches that operation off or on again, so that every answer says by
 * which rules it was judged. Changes come at random moments. `gwrk bench rules` and benchmarks/rules.js run it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/core/prng.js';
import { CODE_BREAKER_OPEN, CODE_OK } from '../../src/protocol/packet.js';
import { ackCode, login, Player } from './player.js';
import { askRules, openSource, SOURCES, type SourceKind } from './rule-sources.js';
import { ServerChild } from './server-child.js';

export interface RulesFigures {
  /** From the change to the moment at which the server said that its gateway thread judges by it, milliseconds, one a change. */
  readonly inForceMs: readonly number[];
  /** Operations sent within half a second behind a change, and those of them that were judged by the rules before it. */
  readonly judged: number;
  readonly judgedByOld: number;
}

const PLAYERS = 10;
const PERIOD_MS = 20;
const WINDOW_MS = 500;
const LONGEST_MS = 15_000;
/** Between two looks at the admin port. */
const LOOK_MS = 1;
/** A poll comes every 5 s: a change anywhere in that time. Others have no period. */
const SPREAD_MS: Readonly<Record<SourceKind, number>> = { file: 100, push: 100, poll: 5_000, nacos: 100 };

const rulesOf = (isOff: boolean): string => JSON.stringify([{ resource: 'op:echo', threshold: isOff ? 0 : 1_000_000 }]);

/** Sent at, and whether the operation was run. */
const answers: { readonly sentMs: number; readonly wasRun: boolean }[] = [];
let isOver = false;

async function play(server: ServerChild, number: number): Promise<void> {
  const player = await Player.enter(server.ws, await login(server.http, `p${number}`));
  let dueMs = performance.now() + (number * PERIOD_MS) / PLAYERS;
  while (!isOver) {
    await sleep(Math.max(0, dueMs - performance.now()));
    const sentMs = performance.now();
    const code = ackCode(await player.ask(player.echo()));
    if (code !== CODE_OK && code !== CODE_BREAKER_OPEN) throw new Error(`an echo was answered ${code}`);
    answers.push({ sentMs, wasRun: code === CODE_OK });
    dueMs = Math.max(dueMs + PERIOD_MS, performance.now());
  }
  await player.leave();
}

async function untilInForce(admin: string, version: number): Promise<void> {
  const endMs = performance.now() + LONGEST_MS;
  while ((await askRules(admin)).versionAtThreads < version) {
    if (performance.now() > endMs) throw new Error(`version ${version} is not in force after ${LONGEST_MS} ms`);
    await sleep(LOOK_MS);
  }
}

const [kind, changesText, seedText] = process.argv.slice(2);
if (!SOURCES.includes(kind as SourceKind)) throw new Error(`a source is one of ${SOURCES.join(', ')}`);
const random = new Prng(Number(seedText));
const source = await openSource(kind as SourceKind, rulesOf(false));
const server = await ServerChild.start(source.flags);
const inForceMs: number[] = [];
let [judged, judgedByOld] = [0, 0];
try {
  const players = Promise.all(Array.from({ length: PLAYERS }, (_, number) => play(server, number)));
  players.catch(() => {});
  await sleep(300);
  let { version } = await askRules(server.admin);
  // The first change runs code for the first time and is not counted.
  for (let n = 0; n <= Number(changesText); n++) {
    await sleep(random.next() * SPREAD_MS[kind as SourceKind]);
    const isOff = n % 2 === 0;
    answers.length = 0;
    const changedMs = performance.now();
    await source.change(rulesOf(isOff), [server.admin]);
    await untilInForce(server.admin, ++version);
    const tookMs = performance.now() - changedMs;
    await Promise.race([players, sleep(Math.max(0, changedMs + WINDOW_MS - performance.now()))]);
    if (n === 0) continue;
    inForceMs.push(tookMs);
    for (const { sentMs, wasRun } of answers) {
      if (sentMs < changedMs || sentMs > changedMs + WINDOW_MS) continue;
      judged++;
      if (wasRun === isOff) judgedByOld++;
    }
  }
  isOver = true;
  await players;
} finally {
  await server.stop();
  await source.close();
}
process.stdout.write(`${JSON.stringify({ inForceMs, judged, judgedByOld } satisfies RulesFigures)}\n`);
process.exit(0); // kept connections
