import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBpftraceEvent, parseBpftraceLine } from '../../../reference-server/audit/bpftrace-source.js';
import { clockOffset, openMarker } from '../../../reference-server/audit/kernel-clock.js';
import { startKernelEvents } from '../../../reference-server/audit/kernel-events.js';
import type { KernelEventSource, SourceOptions } from '../../../reference-server/audit/kernel-source.js';
import { parseTraceLine } from '../../../reference-server/audit/tracefs-source.js';

// As bpftrace 0.17 and Linux 6.18 wrote them.
test('lines of bpftrace are read, bytes above 127 and line breaks in paths too', () => {
  const line = '{"type": "printf", "data": "o 11537654226995 26648 26650 448 /tmp/a\\nb\\"\\uffffffe2\\uffffff82\\uffffffac 0"}';
  assert.deepEqual(parseBpftraceEvent(parseBpftraceLine(line)!.data as string), {
    kind: 'open',
    monoNs: 11537654226995,
    pid: 26648,
    tid: 26650,
    mode: 448,
    path: '/tmp/a\nb"€ 0',
  });
  assert.deepEqual(parseBpftraceEvent('x 5 7 8 0 /bin/true'), { kind: 'exec', monoNs: 5, pid: 7, tid: 8, path: '/bin/true' });
  assert.deepEqual(parseBpftraceEvent('c 5 7 8 127.0.0.1 0 127.0.0.1 9'), {
    kind: 'connect',
    monoNs: 5,
    pid: 7,
    tid: 8,
    local: '127.0.0.1:0',
    remote: '127.0.0.1:9',
  });
  assert.deepEqual(parseBpftraceEvent('r 5 0 0 fd00::1 9000 fd00::2 40000'), {
    kind: 'retransmit',
    monoNs: 5,
    pid: 0,
    tid: 0,
    local: '[fd00::1]:9000',
    remote: '[fd00::2]:40000',
  });
});

test('what is no event of ours is left out', () => {
  for (const text of ['', 'o 1 2 3', 'z 1 2 3 4 5', 'o a b c 0 /x', 'r 1 0 0 10.0.0.1 1'])
    assert.equal(parseBpftraceEvent(text), undefined);
  for (const line of ['', 'Attaching 6 probes...', '{"type": "printf"', '[]x']) assert.equal(parseBpftraceLine(line), undefined);
  for (const line of ['', '# tracer: nop', 'CPU:0 [LOST 5 EVENTS]', '  node-12 [000] ..... 1.000001: sched_switch: x']) {
    assert.equal(parseTraceLine(line, 1), undefined);
  }
});

test('lines of tracefs are read, whatever the name of the program', () => {
  const at = '[001] ..... 12670.850982:';
  assert.deepEqual(parseTraceLine(`  node my-app-26650   ${at} sys_openat(dfd: ffffff9c, filename: 7ffe, flags: 80000, mode: 1b6)`, 9), {
    kind: 'open',
    monoNs: 12670850982000,
    pid: 9,
    tid: 26650,
    mode: 0o666,
  });
  assert.deepEqual(parseTraceLine(`  true-5788   ${at} sched_process_exec: filename=/bin/my prog pid=5788 old_pid=5788`, 9), {
    kind: 'exec',
    monoNs: 12670850982000,
    pid: 5788,
    tid: 5788,
    path: '/bin/my prog',
  });
  const sock =
    'family=AF_INET protocol=IPPROTO_TCP sport=0 dport=9 saddr=127.0.0.1 daddr=127.0.0.1 saddrv6=::ffff:127.0.0.1 daddrv6=::ffff:127.0.0.1';
  assert.deepEqual(parseTraceLine(`  node-7   ${at} inet_sock_set_state: ${sock} oldstate=TCP_CLOSE newstate=TCP_SYN_SENT`, 9), {
    kind: 'connect',
    monoNs: 12670850982000,
    pid: 9,
    tid: 7,
    local: '127.0.0.1:0',
    remote: '127.0.0.1:9',
  });
  const skb =
    'skbaddr=00 skaddr=00 family=AF_INET6 sport=9000 dport=41000 saddr=0.0.0.0 daddr=0.0.0.0 saddrv6=fd00::1 daddrv6=fd00::2 state=TCP_ESTABLISHED err=0';
  assert.deepEqual(parseTraceLine(`  <idle>-0   [000] ..s1. 5.000007: tcp_retransmit_skb: ${skb}`, 9), {
    kind: 'retransmit',
    monoNs: 5000007000,
    pid: 0,
    tid: 0,
    local: '[fd00::1]:9000',
    remote: '[fd00::2]:41000',
  });
});

const marker = (mode: number, beforeNs: number, afterNs: number) => ({ mode, beforeNs, afterNs });

test('the offset of a clock is 0 when that fits every marker, the middle of what fits otherwise', () => {
  const markers = [marker(1, 1_000, 2_000), marker(2, 5_000, 5_500)];
  assert.deepEqual(
    clockOffset(
      markers,
      new Map([
        [1, 1_400],
        [2, 5_100],
      ]),
    ),
    { offsetNs: 0, errorNs: 400 },
  );
  const shifted = clockOffset(
    markers,
    new Map([
      [1, 1_001_500],
      [2, 1_005_250],
    ]),
  );
  assert.deepEqual(shifted, { offsetNs: 1_000_000, errorNs: 250 });
  // Nothing fits both: the clock jumped between them.
  assert.equal(
    clockOffset(
      markers,
      new Map([
        [1, 1_500],
        [2, 9_005_250],
      ]),
    ).errorNs > 4e6,
    true,
  );
  assert.throws(() => clockOffset(markers, new Map()), RangeError);
});

/** A source that sees every marker with its clock this far off. */
function fakeSource(
  name: 'bpftrace' | 'tracefs',
  offsetNs: number,
  seen = (_index: number) => true,
): KernelEventSource & { options?: SourceOptions } {
  const source: KernelEventSource & { options?: SourceOptions } = {
    name,
    attach: async (options) => {
      source.options = options;
      let index = 0;
      const timer = setInterval(() => {
        // It "sees" the opens of this process by their modes, at the time of the last look.
        for (let i = 0; i <= 20; i++) {
          const { mode, beforeNs } = openMarker(i);
          if (seen(index++)) options.onEvent({ kind: 'open', monoNs: beforeNs + offsetNs, pid: process.pid, tid: 1, mode });
        }
      }, 5);
      return { drops: () => 3, stop: async () => clearInterval(timer) };
    },
  };
  return source;
}

const broken: KernelEventSource = { name: 'bpftrace', attach: () => Promise.reject(new Error('not installed')) };

test('sources are tried in order, and each one that does not work is named with its reason', async () => {
  const options = { choice: 'auto' as const, pid: process.pid, port: 1, onEvent: () => {}, onEnd: () => {} };
  const kernel = await startKernelEvents(options, [broken, fakeSource('tracefs', 0)]);
  assert.equal(kernel.source, 'tracefs');
  assert.deepEqual([kernel.reasons[0], kernel.drops], ['bpftrace: not installed', 3]);
  assert.match(kernel.reasons[1]!, /^tracefs: attached, fired and read 20 of 20 opens/u);
  await kernel.stop();
  const none = await startKernelEvents(options, [broken]);
  assert.deepEqual([none.source, none.reasons], ['none', ['bpftrace: not installed']]);
  const chosen = await startKernelEvents({ ...options, choice: 'tracefs' }, [fakeSource('bpftrace', 0)]);
  assert.equal(chosen.source, 'none');
});

test('a source that attaches but sees nothing is not believed', { timeout: 300_000 }, async () => {
  const options = { choice: 'auto' as const, pid: process.pid, port: 1, onEvent: () => {}, onEnd: () => {} };
  const deaf = await startKernelEvents(options, [fakeSource('bpftrace', 0, () => false)], 200);
  assert.equal(deaf.source, 'none');
  assert.match(deaf.reasons[0]!, /saw none of our opens/u);
});

test('the offset of a source is taken out of its events, and our markers are not told', async () => {
  const heard: number[] = [];
  const source = fakeSource('bpftrace', 5_000_000_000);
  const kernel = await startKernelEvents(
    { choice: 'auto', pid: process.pid, port: 1, onEvent: (event) => heard.push(event.monoNs), onEnd: () => {} },
    [source],
  );
  source.options!.onEvent({ kind: 'open', monoNs: 7_000_000_000, pid: 1, tid: 1, mode: 0 });
  await kernel.stop();
  assert.equal(heard.length, 1);
  assert.ok(Math.abs(heard[0]! - 2_000_000_000) < 200_000_000, String(heard[0]));
  assert.ok(Math.abs(kernel.offsetNs - 5_000_000_000) < 200_000_000);
});
