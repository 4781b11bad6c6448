import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable } from '../../src/report/printable.js';
import { formatBytes, formatClock, formatCount, formatFigure, formatMs, formatPercent, formatRate } from '../../src/report/quantity.js';

describe('quantities', () => {
  it('keep three significant digits and never show 1000 of a smaller unit', () => {
    assert.deepEqual([0, 0.0412, 0.412, 0.9996, 4.123, 9.996, 41.23, 99.96, 412.3, 4123.4].map(formatFigure), [
      ...['0.000', '0.041', '0.412', '1.00', '4.12', '10.0', '41.2', '100', '412', '4,123'],
    ]);
    assert.deepEqual([0.5, 9999, 10_000, 75_500].map(formatMs), ['0.500 ms', '9,999 ms', '10.0 s', '75.5 s']);
    assert.deepEqual([0, 1023, 1024, 1536, 1_048_575, 2 ** 30].map(formatBytes), [
      '0 B',
      '1023 B',
      '1.00 KiB',
      '1.50 KiB',
      '1.00 MiB',
      '1.00 GiB',
    ]);
    assert.deepEqual([7, 9_999_999, 12_345_678, 2e9].map(formatCount), ['7', '9,999,999', '12.3M', '2.00G']);
    assert.deepEqual([0, 0.25, 831, 8310, 1.2e6].map(formatRate), ['0/s', '0.250/s', '831/s', '8.31k/s', '1.20M/s']);
    assert.deepEqual([0, 0.0001, 0.5, 1].map(formatPercent), ['0 %', '0.010 %', '50.0 %', '100 %']);
    assert.deepEqual([-5, 0, 83_000, 3_723_000].map(formatClock), ['00:00', '00:00', '01:23', '1:02:03']);
  });
});

describe('printable', () => {
  it('replaces everything that a terminal obeys', () => {
    const text = printable('a\u001b[31mb\u0007c\u009bd\r\ne\u2028f\u202eg');
    assert.equal(text, 'a [31mb c d e f g');
  });

  it('cuts after whole characters', () => {
    assert.equal(printable('\u{1f600}'.repeat(10), 5), `${'\u{1f600}'.repeat(2)}...`);
    assert.equal(printable('12345', 5), '12345');
    assert.equal(printable('123456', 5), '12...');
  });
});
