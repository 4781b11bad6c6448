import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, type VirtualRun } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

/** Keeps what came in, by row, and echoes it. */
function keeping(): Script & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    onMessage(server, row, message) {
      seen.push(`${message}`);
      server.send(row, `${message}`, 100);
    },
  };
}

const csv = (rows: number): string => `id,name\n${Array.from({ length: rows }, (_, row) => `${row},n${row}`).join('\n')}\n`;

const flow = (order: string, clients: number, rounds: number, more = ''): string =>
  `
feeders: { players: { file: players.csv, order: ${order} } }
scenarios:
  only:
    executor: constant-clients
    clients: ${clients}
    duration: 10s
    afterFlow: leave
    flow:
      - connect: {}
      - loop:
          count: ${rounds}
          steps: [ { send: { text: "{{ client }}:{{ iteration }}={{ players.name }}{{ players.id + 0 }}", expect: {} } } ]
      - disconnect: {}
${more}`.trimStart();

test('unique gives each client a row of its own over all workers, once, whatever it sends', async () => {
  const seen: string[] = [];
  for (const index of [0, 1, 2]) {
    const script = keeping();
    await runVirtual(flow('unique', 10, 2), script, { files: { players: csv(10) }, index, count: 3 });
    seen.push(...script.seen);
  }
  const expected = Array.from({ length: 10 }, (_, c) => [`${c}:0=n${c}${c}`, `${c}:1=n${c}${c}`]).flat();
  assert.deepEqual(seen.sort(), expected.sort());
});

test('unique that runs dry ends the clients that have no row, each counted once', async () => {
  const script = keeping();
  const run = await runVirtual(flow('unique', 5, 1), script, { files: { players: csv(3) } });
  assert.deepEqual(script.seen.sort(), ['0:0=n00', '1:0=n11', '2:0=n22']);
  assert.deepEqual(run.errors(), { 'feeder.dry': 2 });
  assert.equal(run.ledgerGap(), 0);
});

test('unique with loop begins again', async () => {
  const script = keeping();
  const run = await runVirtual(flow('unique, loop: true', 5, 1), script, { files: { players: csv(3) } });
  assert.deepEqual(script.seen.sort(), ['0:0=n00', '1:0=n11', '2:0=n22', '3:0=n00', '4:0=n11']);
  assert.deepEqual(run.errors(), {});
});

test('two scenarios that use one unique feeder never share a row', async () => {
  const script = keeping();
  const second = flow('unique', 2, 1).split('scenarios:\n')[1]!.replace('only:', 'other:');
  await runVirtual(flow('unique', 3, 1, second), script, { files: { players: csv(5) } });
  assert.deepEqual(script.seen.map((text) => text.split('=')[1]).sort(), ['n00', 'n11', 'n22', 'n33', 'n44']);
});

test('sequential: client c begins with row c and each iteration takes the next', async () => {
  const script = keeping();
  await runVirtual(flow('sequential', 2, 4), script, { files: { players: csv(3) } });
  const expected = [0, 1].flatMap((c) => [0, 1, 2, 3].map((i) => `${c}:${i}=n${(c + i) % 3}${(c + i) % 3}`));
  assert.deepEqual(script.seen.sort(), expected.sort());
});

test('random draws evenly, by the seed of the run and not by the worker', async () => {
  const draws = async (seed: number, count = 1): Promise<string[]> => {
    const seen: string[] = [];
    for (let index = 0; index < count; index++) {
      const script = keeping();
      await runVirtual(flow('random', 20, 100), script, { files: { players: csv(10) }, seed, index, count });
      seen.push(...script.seen);
    }
    return seen.sort();
  };
  const one = await draws(5);
  assert.deepEqual(await draws(5, 2), one);
  assert.notDeepEqual(await draws(6), one);
  for (let row = 0; row < 10; row++) {
    const times = one.filter((text) => text.endsWith(`=n${row}${row}`)).length;
    // Binomial, 2,000 draws of a tenth: five standard deviations are 67.
    assert.ok(Math.abs(times - 200) < 67, `row ${row}: ${times}`);
  }
});

const connecting = (column: string): string =>
  `
feeders: { players: { file: players.csv, order: unique } }
scenarios:
  only:
    executor: constant-clients
    clients: 2
    duration: 1s
    flow:
      - connect: { path: "/p/{{ players.${column} }}", headers: { x-name: "{{ players.name }}" } }
`.trimStart();

test('columns stand in paths and headers, and cannot break out of them', async () => {
  const good = await runVirtual(connecting('id'), {}, { files: { players: csv(2) } });
  assert.deepEqual(
    good.transport.connects.map(({ request }) => [/^GET (\S+)/.exec(request)![1], /x-name: (.*)\r\n/.exec(request)![1]]),
    [
      ['/p/0', 'n0'],
      ['/p/1', 'n1'],
    ],
  );
  const bad = (run: VirtualRun): unknown => [run.transport.connects.length, run.errors()];
  assert.deepEqual(bad(await runVirtual(connecting('id'), {}, { files: { players: 'id,name\n1,"x\r\nevil: 1"\n2,"y\n"\n' } })), [
    0,
    { 'value.unsafe': 2 },
  ]);
  assert.deepEqual(bad(await runVirtual(connecting('name'), {}, { files: { players: 'id,name\n1,a b\n2,c\n' } })), [
    1,
    { 'value.unsafe': 1 },
  ]);
});

test('in JSON a column is text with its quotes and letters escaped', async () => {
  const script = keeping();
  const json = flow('unique', 1, 1).replace(
    /text: .*?", e/,
    'json: { whole: "{{ players.name }}", part: "<{{ players.name }}>", number: "{{ players.id + 1 }}" }, e',
  );
  await runVirtual(json, script, { files: { players: 'id,name\n7,"a ""b"" \\ \t\nü"\n' } });
  assert.deepEqual(
    script.seen.map((text) => JSON.parse(text) as unknown),
    [{ whole: 'a "b" \\ \t\nü', part: '<a "b" \\ \t\nü>', number: 8 }],
  );
});
