import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderStatsCsv } from '../../src/report/csv.js';
import { renderHistoryCsv } from '../../src/report/csv-history.js';
import { buildReport } from '../../src/report/report.js';
import { sampleRun } from './sample-run.js';

const report = buildReport(sampleRun());
const rowsOf = (csv: string): Record<string, string>[] => {
  const [head = '', ...lines] = csv.trimEnd().split('\r\n');
  return lines.map((line) => Object.fromEntries(head.split(',').map((name, column) => [name, line.split(',')[column]!])));
};

/** As Locust 2 writes them with --csv. */
const PERCENTILES = '50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%';
const STATS = `Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,${PERCENTILES}`;
const HISTORY = `Timestamp,User Count,Type,Name,Requests/s,Failures/s,${PERCENTILES},Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size`;

describe('stats.csv', () => {
  it('has the columns of Locust, to the letter', () => {
    assert.equal(renderStatsCsv(report).split('\r\n')[0], STATS);
  });

  it('has a row a request with its percentiles, in milliseconds', () => {
    // Message m of 20,000 takes m microseconds.
    const row = rowsOf(renderStatsCsv(report)).find(({ Name }) => Name === 'ws_msg_rtt')!;
    assert.deepEqual([row.Type, row['Request Count'], row['Failure Count'], row['Requests/s']], ['WS', '20000', '0', '1000']);
    for (const [column, ms] of [
      ['50%', 10],
      ['66%', 13.2],
      ['98%', 19.6],
      ['99.99%', 19.998],
      ['100%', 20],
    ] as const)
      assert.ok(Math.abs(Number(row[column]) / ms - 1) < 0.002, `${column}: ${row[column]}`);
  });

  it('adds the requests up in Aggregated: their histograms, not their percentiles', () => {
    // 10,000 sessions of c + 331 us and 20,000 messages of m us: the median of all 30,000 is where 2x + 331 passes 15,000.
    const row = rowsOf(renderStatsCsv(report)).at(-1)!;
    assert.deepEqual([row.Type, row.Name, row['Request Count']], ['', 'Aggregated', '30000']);
    assert.ok(Math.abs(Number(row['50%']) / 7.665 - 1) < 0.003, row['50%']);
    assert.equal(row['Min Response Time'], '0.001');
    assert.equal(row['100%'], row['Max Response Time']!.slice(0, row['100%']!.length));
  });

  it('keeps counters, rates and gauges apart by their type', () => {
    const rows = rowsOf(renderStatsCsv(report));
    const sent = rows.find(({ Name }) => Name === 'ws_msgs_sent')!;
    assert.deepEqual([sent.Type, sent['Request Count'], sent['Requests/s'], sent['50%']], ['counter', '20000', '1000', '']);
    assert.equal(rows.find(({ Name }) => Name === 'clients_max')!['Request Count'], '10000');
    assert.equal(rows.find(({ Name }) => Name === 'checks')!['Failure Count'], '0');
  });
});

describe('stats_history.csv', () => {
  const rows = rowsOf(renderHistoryCsv(report));

  it('begins with the columns of Locust, then those of the timeline', () => {
    const head = renderHistoryCsv(report).split('\r\n')[0]!;
    assert.ok(head.startsWith(`${HISTORY},`), head);
    assert.ok(head.includes(',clients_ready,'));
  });

  it('has one row Aggregated a second, with the time of the wall and the clients', () => {
    assert.equal(rows.length, 20);
    assert.ok(rows.every(({ Name }) => Name === 'Aggregated'));
    assert.equal(rows[0]!.Timestamp, String(Date.parse(report.startedAt) / 1000 + 1));
    assert.deepEqual([rows[0]!['User Count'], rows[1]!['User Count']], ['5000', '10000']);
    assert.deepEqual([rows[0]!['Requests/s'], rows[2]!['Requests/s'], rows[3]!['Requests/s']], ['5000', '20000', '0']);
  });

  it('says N/A for what is not known, and adds counts up', () => {
    assert.ok(Math.abs(Number(rows[2]!['50%']) - 10) < 0.1);
    assert.equal(rows[2]!['66%'], 'N/A');
    assert.equal(rows[3]!['99%'], 'N/A');
    assert.equal(rows[19]!['Total Request Count'], '30000');
  });
});
