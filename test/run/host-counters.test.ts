import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuPressure, parseTcpCounters, readDescriptorLimit, readTcpCounters } from '../../src/run/host-counters.js';

test('counters are found by their name, whatever stands before them', () => {
  const netstat = 'TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPSynRetrans\nTcpExt: 1 2 3 4\nIpExt: InOctets\nIpExt: 9\n';
  const snmp = 'Ip: Forwarding\nIp: 1\nTcp: ActiveOpens RetransSegs\nTcp: 5 6\nUdp: InDatagrams\nUdp: 7\n';
  assert.deepEqual(parseTcpCounters(netstat, snmp), { retransmits: 6, synRetransmits: 4, listenOverflows: 2, listenDrops: 3 });
});

test('pressure is that of some tasks within 10 s', () => {
  assert.equal(
    parseCpuPressure('some avg10=12.34 avg60=1.00 avg300=0.00 total=5\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=0\n'),
    12.34,
  );
  assert.equal(parseCpuPressure(''), undefined);
});

test('this machine says what it counts', { skip: process.platform === 'linux' ? false : 'only Linux has /proc' }, () => {
  assert.ok(readTcpCounters()!.retransmits >= 0);
  assert.ok(readDescriptorLimit()! >= 64);
});
