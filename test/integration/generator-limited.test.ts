import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gwrk } from './gwrk-process.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

let echo: ServerProcess;
before(async () => {
  echo = await referenceServer('--echo');
});
after(() => echo.stop());

const run = (...more: string[]): string[] => [
  'run',
  echo.ws,
  '-b',
  'hello',
  '-c',
  '100',
  '-R',
  '1000',
  '-d',
  '6s',
  '--message-rate',
  '10',
  ...more,
];

test('a generator that was stopped for a while says so in one sentence, and its run is not valid', async () => {
  let stopped = false;
  const { code, reason, report } = await gwrk(run('--transport', 'node'), {
    onStderrLine: (line, child) => {
      // Two seconds in, all clients talk; a busy machine may leave a line out.
      if (stopped || !/^00:0[2-5] /u.test(line)) return;
      stopped = true;
      child.kill('SIGSTOP');
      setTimeout(() => child.kill('SIGCONT'), 700);
    },
  });
  assert.ok(stopped, 'no line of progress was seen');
  assert.equal(code, 111);
  const flag = report!.generator.flags!.find((each) => each.flag === 'gen.lag')!;
  assert.equal(flag.level, 'invalid');
  assert.match(flag.sentence, /response p99 .*service .*scheduling lag .*: generator-limited, not a server result$/u);
  assert.equal(report!.generator.saturated, true);
  assert.match(reason, /^exit 111: .*generator-limited/u);
});

for (const transport of ['node', 'uring'])
  test(`a run on ${transport} records what the generator saw of itself`, async () => {
    const { report, stderr } = await gwrk([...run('--transport', transport, '-d', '5s')]);
    if (transport === 'uring' && report === undefined) return;
    const { self } = report!.generator;
    assert.ok(self, stderr);
    assert.ok(self.seconds > 0 && self.fds! > 20 && self.fdLimit! >= 64);
    if (process.platform !== 'linux') return;
    assert.ok(self.busiestWorker! > 0 && self.busiestWorker! <= 1.05, `${self.busiestWorker}`);
    assert.ok(self.gcShare! >= 0 && self.stealShare! >= 0 && self.waitShare! >= 0 && self.retransmits! >= 0);
    for (const column of ['generator_busy', 'generator_gc_ms', 'generator_fds', 'host_steal'])
      assert.ok((report!.timeline[column] as number[]).length > 0, column);
  });
