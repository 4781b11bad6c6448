import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { parseProcess, readProcess } from '../../src/target/process-sample.js';

const STAT = `4242 (a) b (c d) S 1 4242 4242 0 -1 4194560 500 0 3 0 130 20 0 0 20 0 11 0 987654 1000000 2000 18446744073709551615`;
const STATUS = 'Name:\ta) b (c d\nVmPeak:\t  900000 kB\nVmHWM:\t   61440 kB\nVmRSS:\t   51200 kB\nThreads:\t11\n';

test('a process name with blanks and brackets moves no field', () => {
  assert.deepEqual(parseProcess(STAT, STATUS), {
    rssBytes: 51_200 * 1024,
    rssPeakBytes: 61_440 * 1024,
    cpuSeconds: 1.5,
    startTicks: 987_654,
    threads: 11,
    contextSwitches: 0,
  });
});

test('a zombie, which has no memory any more, has sizes of 0', () => {
  assert.equal(parseProcess(STAT, 'Name:\tx\nState:\tZ (zombie)\n').rssBytes, 0);
});

const skip = process.platform === 'linux' ? false : 'only Linux has /proc';

test('this process is as large as Node says, within a quarter', { skip }, () => {
  const sample = readProcess('self')!;
  const rssBytes = process.memoryUsage.rss();
  assert.ok(Math.abs(sample.rssBytes - rssBytes) < rssBytes / 4, `${sample.rssBytes} against ${rssBytes}`);
  assert.ok(sample.rssPeakBytes >= sample.rssBytes);
});

test('CPU time is that of getrusage, to the ticks of /proc', { skip }, () => {
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  const sample = readProcess(process.pid)!.cpuSeconds;
  assert.ok(sample >= seconds - 0.05 && sample < seconds + 0.5, `${sample} against ${seconds}`);
});

test('a process that is gone cannot be read', { skip }, async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(readProcess(child.pid!), undefined);
});
