import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { readMachine } from '../../src/run/limits-machine.js';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             96365                96365                processes
Max open files            1024                 524288               files
Max locked memory         8388608              unlimited            bytes
`;

const files: Readonly<Record<string, string>> = {
  '/proc/self/limits': LIMITS,
  '/proc/sys/fs/file-max': '9223372036854775807\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/proc/sys/net/ipv4/ip_local_reserved_ports': '80,32760-32769,40000,60990-61010\n',
  '/proc/sys/net/core/somaxconn': '4096\n',
  '/proc/sys/net/ipv4/tcp_mem': '287901\t383869\t575802\n',
  '/proc/meminfo': 'MemTotal:       24684000 kB\nMemFree:          100 kB\nMemAvailable:   1000 kB\n',
};
const read = (changed: Readonly<Record<string, string>> = {}) => {
  const all = { ...files, ...changed };
  return (path: string): string | undefined => all[path];
};

test('reads what Linux says', () => {
  const machine = readMachine(read(), 'linux');
  assert.deepEqual([machine.descriptorsSoft, machine.descriptorsHard], [1_024, 524_288]);
  assert.deepEqual([machine.portFirst, machine.portLast], [32_768, 60_999]);
  assert.deepEqual([machine.somaxconn, machine.memoryAvailableBytes, machine.tcpQueueMaxBytes], [4_096, 1_024_000, 575_802 * 4_096]);
});

test('counts only the reserved ports that lie in the range', () => {
  // 32768-32769, 40000, 60990-60999.
  assert.equal(readMachine(read(), 'linux').portsReserved, 13);
  assert.equal(readMachine(read({ '/proc/sys/net/ipv4/ip_local_reserved_ports': '\n' }), 'linux').portsReserved, 0);
});

test('unlimited is Infinity', () => {
  const machine = readMachine(read({ '/proc/self/limits': LIMITS.replace('524288', 'unlimited') }), 'linux');
  assert.equal(machine.descriptorsHard, Infinity);
});

test('the table of tracked connections is a limit only where connections are tracked', () => {
  const table = { '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n' };
  assert.equal(readMachine(read(table), 'linux').trackedMax, undefined);
  assert.equal(readMachine(read({ ...table, '/proc/sys/net/netfilter/nf_conntrack_count': '0\n' }), 'linux').trackedMax, undefined);
  assert.equal(readMachine(read({ ...table, '/proc/sys/net/netfilter/nf_conntrack_count': '3\n' }), 'linux').trackedMax, 262_144);
});

test('a system without /proc leaves unknown what it does not say', () => {
  const machine = readMachine(() => undefined, 'darwin');
  assert.deepEqual(
    [machine.descriptorsSoft, machine.descriptorsHard, machine.openFilesMax, machine.portFirst, machine.somaxconn, machine.portsReserved],
    [undefined, undefined, undefined, undefined, undefined, 0],
  );
  assert.ok(machine.memoryAvailableBytes > 0 && machine.cores > 0);
});

test('the limit on descriptors of this process is the one that its shell would say', {
  skip: process.platform !== 'linux' && 'only Linux has /proc/self/limits',
}, () => {
  const hard = spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim();
  assert.equal(readMachine().descriptorsHard, hard === 'unlimited' ? Infinity : Number(hard));
});
