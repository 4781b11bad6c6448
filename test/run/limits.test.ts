import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatError } from '../../src/core/errors.js';
import { checkLimits, describeNeeds, type MachineLimits, type PlanNeeds, ringsNeeded } from '../../src/run/limits.js';
import { descriptorsNeeded } from '../../src/run/limits-needs.js';

/** A small Linux machine with the defaults of its kernel. */
const machine: MachineLimits = {
  platform: 'linux',
  cores: 2,
  descriptorsSoft: 20_000,
  descriptorsHard: 20_000,
  openFilesMax: 10_000_000,
  portFirst: 32_768,
  portLast: 60_999,
  portsReserved: 0,
  somaxconn: 4_096,
  memoryAvailableBytes: 24e9,
  tcpQueueMaxBytes: 16e9,
  trackedMax: undefined,
};
const needs: PlanNeeds = { clients: 10_000, transport: 'uring', tls: false, sources: 0, targets: 1, targetIsLocal: false, threads: 2 };

const codes = (some: Partial<PlanNeeds>, on: Partial<MachineLimits> = {}): string[] =>
  checkLimits({ ...needs, ...some }, { ...machine, ...on }).map(({ code }) => code);

/** The number of clients that an error says would fit. */
function fitting(some: Partial<PlanNeeds>, on: Partial<MachineLimits> = {}): number {
  const errors = checkLimits({ ...needs, ...some }, { ...machine, ...on });
  assert.equal(errors.length, 1, errors.map(({ code }) => code).join());
  return Number(/: ([\d,]+) clients?$/.exec(errors[0]!.details.allowed ?? '')?.[1]?.replaceAll(',', ''));
}

test('a plan that fits is not stopped', () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ transport: 'node' }), []);
});

test('a million clients fit this machine on io_uring with enough source addresses, and on nothing else', () => {
  const million = { clients: 1_000_000, sources: 178, targetIsLocal: true };
  assert.deepEqual(codes(million), []);
  assert.deepEqual(codes({ ...million, transport: 'node' }), ['GWRK_LIMIT_DESCRIPTORS']);
  assert.deepEqual(codes({ ...million, sources: 0 }), ['GWRK_LIMIT_PORTS']);
  assert.deepEqual(codes(million, { memoryAvailableBytes: 4e9 }), ['GWRK_LIMIT_MEMORY']);
});

const TIGHT: readonly [what: string, needs: Partial<PlanNeeds>, machine: Partial<MachineLimits>][] = [
  ['descriptors', { clients: 25_000, transport: 'node' }, {}],
  ['descriptors with one thread', { clients: 25_000, transport: 'node', threads: 1 }, { descriptorsSoft: 1_024 }],
  ['open files of the machine', { clients: 25_000 }, { openFilesMax: 20_001 }],
  ['open files with both ends here', { clients: 25_000, targetIsLocal: true }, { openFilesMax: 20_001 }],
  ['ports', { clients: 30_000 }, {}],
  ['ports of three sources', { clients: 100_000, sources: 3 }, {}],
  ['ports towards two targets', { clients: 100_000, sources: 1, targets: 2 }, {}],
  ['ports bound early', { clients: 30_000, transport: 'node', sources: 1, targets: 2 }, { descriptorsSoft: 1e6, descriptorsHard: 1e6 }],
  ['ports less the reserved ones', { clients: 28_000 }, { portsReserved: 1_000 }],
  ['memory', { clients: 28_000 }, { memoryAvailableBytes: 250e6 }],
  ['memory with both ends here', { clients: 28_000, targetIsLocal: true }, { memoryAvailableBytes: 250e6 }],
  ['memory for TLS', { clients: 15_000, transport: 'node', tls: true }, { memoryAvailableBytes: 500e6 }],
];

for (const [what, some, on] of TIGHT)
  test(`too few ${what}: the number that is said fits, and one more does not`, () => {
    const clients = fitting(some, on);
    assert.ok(clients > 0 && clients < some.clients!, `${clients}`);
    assert.deepEqual(codes({ ...some, clients }, on), []);
    assert.equal(codes({ ...some, clients: clients + 1 }, on).length, 1);
  });

test('all limits that stop a plan are said at once', () => {
  const all = codes({ clients: 5_000_000, transport: 'node' }, { openFilesMax: 1_000_000 });
  assert.deepEqual(all, ['GWRK_LIMIT_DESCRIPTORS', 'GWRK_LIMIT_DESCRIPTORS', 'GWRK_LIMIT_PORTS', 'GWRK_LIMIT_MEMORY']);
});

const hint = (some: Partial<PlanNeeds>, on: Partial<MachineLimits> = {}): string =>
  formatError(checkLimits({ ...needs, ...some }, { ...machine, ...on })[0]!);

test('the way to raise each limit is a command', () => {
  const needed = descriptorsNeeded({ ...needs, clients: 25_000, transport: 'node' }, machine);
  assert.match(hint({ clients: 25_000, transport: 'node' }), new RegExp(`LimitNOFILE=${needed} in systemd.*--transport uring`));
  assert.match(hint({ clients: 25_000, transport: 'node' }, { descriptorsHard: 1e6 }), new RegExp(`hint: +ulimit -n ${needed}, or use`));
  assert.doesNotMatch(hint({ clients: 25_000, transport: 'node', tls: true }), /uring/);
  assert.match(hint({ clients: 25_000 }, { openFilesMax: 20_000 }), /sysctl -w fs\.file-max=27500/);
  assert.match(hint({ clients: 100_000 }), /ip_local_port_range="1024 65535" or use 4 source addresses/);
  assert.match(hint({ clients: 1_000_000, sources: 1 }, { memoryAvailableBytes: 24e9 }), /use 36 source addresses/);
  assert.match(hint({ clients: 20_000, targetIsLocal: true }, { memoryAvailableBytes: 100e6 }), /server on another machine/);
});

test('with no port at all no number of source addresses is said', () => {
  assert.doesNotMatch(hint({}, { portsReserved: 28_232 }), /source addresses \(/);
});

test('a limit that is unknown stops nothing', () => {
  const unknown = { platform: 'darwin', descriptorsSoft: undefined, descriptorsHard: undefined, openFilesMax: undefined } as const;
  assert.deepEqual(codes({ clients: 16_384, transport: 'node' }, { ...unknown, portFirst: undefined, portLast: undefined }), []);
});

test('an unlimited number of descriptors is one', () => {
  assert.deepEqual(codes({ clients: 28_000, transport: 'node' }, { descriptorsSoft: Infinity, descriptorsHard: Infinity }), []);
});

test('every worker has as many rings as its share needs, each no larger than the limit on descriptors or 32,768', () => {
  const rings = (clients: number, threads: number, descriptorsSoft: number | undefined): number =>
    ringsNeeded({ ...needs, clients, threads }, { ...machine, descriptorsSoft });
  assert.equal(rings(1_000_000, 1, 20_000), 50);
  assert.equal(rings(1_000_000, 2, 20_000), 50);
  assert.equal(rings(1_000_001, 1, 20_000), 51);
  assert.equal(rings(1_000_000, 1, Infinity), 31);
  assert.equal(rings(1_000_000, 1, undefined), 31);
  assert.equal(rings(10, 4, 20_000), 4);
  assert.equal(ringsNeeded({ ...needs, transport: 'node' }, machine), 0);
});

test('so few descriptors that not even the rings fit are said', () => {
  assert.deepEqual(codes({ clients: 28_000 }, { descriptorsSoft: 128, descriptorsHard: 128 }), ['GWRK_LIMIT_DESCRIPTORS']);
});

test('a dry run shows what the plan takes of each limit', () => {
  const lines = describeNeeds({ ...needs, clients: 1_000_000, sources: 178, targetIsLocal: true }, { ...machine, tcpQueueMaxBytes: 2e9 });
  const text = lines.join('\n');
  assert.match(text, /^threads {6}2 workers on 2 cores$/m);
  assert.match(text, /^descriptors {2}\d+ of 20,000 \(uring transport\)$/m);
  assert.match(text, /^rings {8}50, each of 20,000 clients at most$/m);
  assert.match(text, /^open files {3}2,000,000 of 10,000,000/m);
  assert.match(text, /^ports {8}1,000,000 of 5,025,296 \(178 source addresses, 28,232 ports each\)$/m);
  assert.match(text, /^memory {7}9\.4 GB of 24\.0 GB/m);
  assert.match(text, /^note {9}net\.ipv4\.tcp_mem allows 1,000 bytes/m);
});

test('what only slows a plan is noted and does not stop it', () => {
  const on = { somaxconn: 128, trackedMax: 5_000 };
  assert.deepEqual(codes({ targetIsLocal: true }, on), []);
  const text = describeNeeds({ ...needs, targetIsLocal: true }, { ...machine, ...on }).join('\n');
  assert.match(text, /net\.core\.somaxconn is 128/);
  assert.match(text, /nf_conntrack_max is 5,000/);
  assert.doesNotMatch(describeNeeds(needs, machine).join('\n'), /note/);
});

test('a limit that is unknown is shown as such', () => {
  assert.match(describeNeeds(needs, { ...machine, descriptorsSoft: undefined }).join('\n'), /of unknown \(uring/);
  assert.match(describeNeeds(needs, { ...machine, descriptorsSoft: Infinity }).join('\n'), /of unlimited \(uring/);
});
