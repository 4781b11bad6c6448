import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { credentialLine } from '../../../reference-server/auth/scrypt-proof.js';
import { parseServeOptions } from '../../../reference-server/options.js';
import { startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { type Answer, ask, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';

/** Attempts a user has at once, before 429. */
const ATTEMPTS = 5;

test('who guesses a password learns nothing of whether its user exists, neither from the answer nor from its time (S9)', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-listing-'));
  const path = join(directory, 'credentials');
  const known = ['alice', 'bob', 'carol', 'dave'];
  writeFileSync(path, (await Promise.all(known.map((uid) => credentialLine(uid, 'secret')))).join('\n'));
  const options = parseServeOptions([...FREE_PORTS, '--proof', 'scrypt'], { ...SECRETS, GWRK_CREDENTIALS: path });
  const server = await startServer(options, systemClock);
  try {
    // Addresses of loopback in turn, because one of them has ten attempts; known and unknown users alternate.
    let [attempts, address] = [0, 0];
    const guess = async (uid: string, proof: string): Promise<Answer> => {
      if (attempts++ % ATTEMPTS === 0) address++;
      return ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, proof, dfp: DFP }), localAddress: `127.0.9.${address}` });
    };
    assert.equal((await guess('alice', 'secret')).status, 200);
    const tookMs: [known: number[], unknown: number[]] = [[], []];
    const answers = new Set<string>();
    for (let i = 0; i < 3 * known.length; i++) {
      for (const side of [0, 1] as const) {
        const uid = side === 0 ? known[i % known.length]! : `nobody${i % known.length}`;
        const startMs = performance.now();
        const { status, text, headers } = await guess(uid, 'guess');
        tookMs[side].push(performance.now() - startMs);
        const { date: _, ...said } = headers;
        answers.add(JSON.stringify([status, text, said]));
      }
    }
    assert.equal(answers.size, 1, [...answers].join('\n'));
    assert.match([...answers][0]!, /^\[401,"\{\\"error\\":\\"AUTH_FAILED\\"\}"/);
    // The shortest time is the one that other work on this machine had least part in.
    const ratio = Math.min(...tookMs[0]) / Math.min(...tookMs[1]);
    // Without the hash for nobody, an unknown user would be answered in a fiftieth of the time.
    assert.ok(ratio > 0.5 && ratio < 2, `a known user takes ${ratio.toFixed(2)} times as long as an unknown one`);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true });
  }
});
