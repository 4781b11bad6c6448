import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bpftraceSource } from '../../../reference-server/audit/bpftrace-source.js';
import type { KernelEvent, KernelEvents } from '../../../reference-server/audit/kernel-event.js';
import { startKernelEvents } from '../../../reference-server/audit/kernel-events.js';
import type { KernelEventSource } from '../../../reference-server/audit/kernel-source.js';
import { tracefsSource } from '../../../reference-server/audit/tracefs-source.js';

const nowNs = (): number => Number(process.hrtime.bigint());

/** The source, running for this process; undefined when it does not work here, which is then said. */
async function start(
  t: TestContext,
  source: KernelEventSource,
  onEvent: (event: KernelEvent) => void,
  port = 1,
): Promise<KernelEvents | undefined> {
  const ends: string[] = [];
  const kernel = await startKernelEvents({ choice: 'auto', pid: process.pid, port, onEvent, onEnd: (reason) => ends.push(reason) }, [
    source,
  ]);
  if (kernel.source === 'none') {
    t.skip(kernel.reasons.join('; '));
    return undefined;
  }
  t.after(async () => {
    await kernel.stop();
    assert.deepEqual(ends, [], 'a source that is stopped has not ended by itself');
  });
  return kernel;
}

async function until(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isDone() && waitedMs < 30_000; waitedMs += 20) await new Promise((resolve) => setTimeout(resolve, 20));
}

for (const source of [bpftraceSource, tracefsSource]) {
  test(`${source.name}: opens of this process are told within the interval in which they were made`, { timeout: 300_000 }, async (t) => {
    const opens: KernelEvent[] = [];
    const kernel = await start(t, source, (event) => event.kind === 'open' && opens.push(event));
    if (kernel === undefined) return;
    opens.length = 0;
    const intervals: [number, number][] = [];
    for (let i = 0; i < 100; i++) {
      const before = nowNs();
      assert.throws(() => openSync(`/dev/null/file-${i}`, 'r'));
      intervals.push([before, nowNs()]);
    }
    await until(() => opens.length >= 100);
    const [first, last] = [intervals[0]![0], intervals.at(-1)![1]];
    // Other threads of this process may open files too: count those of this thread in the time.
    const own = opens.filter(({ tid, monoNs }) => tid === process.pid && monoNs >= first - 1_000 && monoNs <= last);
    assert.equal(own.length, 100);
    for (const [i, { monoNs, pid, path }] of own.entries()) {
      // tracefs cuts its times to microseconds
      assert.ok(monoNs >= intervals[i]![0] - 1_000 && monoNs <= intervals[i]![1] + kernel.offsetErrorNs, `open ${i}`);
      assert.equal(pid, process.pid);
      if (source.name === 'bpftrace') assert.equal(path, `/dev/null/file-${i}`);
    }
    assert.equal(kernel.drops, 0);
  });

  test(`${source.name}: programs that this process starts and connections that it opens are told, those of others are not`, {
    timeout: 300_000,
  }, async (t) => {
    const events: KernelEvent[] = [];
    const kernel = await start(t, source, (event) => events.push(event));
    if (kernel === undefined) return;
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const child = spawn('/bin/true');
    await once(child, 'exit');
    await once(connect(port, '127.0.0.1').resume(), 'close');
    server.close();
    const isOurs = ({ kind, remote }: KernelEvent): boolean => kind === 'connect' && remote === `127.0.0.1:${port}`;
    await until(() => events.some(isOurs) && events.some(({ kind }) => kind === 'exec'));
    assert.equal(events.filter(isOurs).length, 1);
    assert.deepEqual(
      events.filter(({ kind }) => kind === 'exec').map(({ path, pid }) => [path, pid]),
      [['/bin/true', child.pid]],
    );
    assert.ok(events.every(({ kind, pid }) => kind === 'exec' || pid === process.pid));
  });
}

test('bpftrace ends with the process that it watches, however that one ends', { timeout: 300_000 }, async (t) => {
  const file = new URL('../../../reference-server/audit/kernel-events.js', import.meta.url).href;
  const text = `const { startKernelEvents } = await import(${JSON.stringify(file)});
    const kernel = await startKernelEvents({ choice: 'bpftrace', pid: process.pid, port: 1, onEvent() {}, onEnd() {} });
    process.stdout.write(kernel.source + ' ' + kernel.reasons.join('; '));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const tracers = (): string[] => {
    try {
      return execFileSync('pgrep', ['-f', `sys_enter_openat /pid == ${child.pid}/`], { encoding: 'utf8' })
        .trim()
        .split('\n');
    } catch {
      return [];
    }
  };
  if (!said.toString().startsWith('bpftrace ')) {
    child.kill('SIGKILL');
    return t.skip(said.toString());
  }
  assert.equal(tracers().length, 1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => tracers().length === 0);
  assert.deepEqual(tracers(), []);
});
