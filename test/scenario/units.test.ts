import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDurationUs, formatNumber, parseCount, parseDurationUs, parseQuantity, parseShare } from '../../src/scenario/units.js';

const table = (read: (text: string) => number | undefined, rows: readonly [string, number | undefined][]): void => {
  for (const [text, wanted] of rows) assert.equal(read(text), wanted, `${JSON.stringify(text)}: have ${read(text)}, want ${wanted}`);
};

test('durations are read in every unit, chained, with decimals, and only with a unit', () => {
  table(parseDurationUs, [
    ['60s', 60_000_000],
    ['500ms', 500_000],
    ['2m', 120_000_000],
    ['1m30s', 90_000_000],
    ['1h', 3_600_000_000],
    ['1d', 86_400_000_000],
    ['250us', 250],
    ['250µs', 250],
    ['1.5s', 1_500_000],
    ['0.1ms', 100],
    ['1h1m1s1ms1us', 3_661_001_001],
    ['0', 0],
    ['0s', 0],
    [' 5s ', 5_000_000],
    // Not durations.
    ['', undefined],
    ['5', undefined],
    ['s', undefined],
    ['-5s', undefined],
    ['5 s', undefined],
    ['5S', undefined],
    ['5sec', undefined],
    ['1m30', undefined],
    ['.5s', undefined],
    ['1e3s', undefined],
    ['5s5', undefined],
    ['{{ X }}', undefined],
  ]);
});

test('counts take k and m and underscores, and must come out whole', () => {
  table(parseCount, [
    ['10', 10],
    ['10k', 10_000],
    ['10K', 10_000],
    ['1m', 1_000_000],
    ['1.5m', 1_500_000],
    ['1.1m', 1_100_000],
    ['2.3k', 2300],
    ['1_000_000', 1_000_000],
    ['0', 0],
    ['1.5', undefined],
    ['0.0001k', undefined],
    ['-1', undefined],
    ['1g', undefined],
    ['k', undefined],
    ['1e6', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    ['9007199254740993', undefined],
    ['', undefined],
  ]);
});

test('rates may have decimals', () => {
  table(parseQuantity, [
    ['0.5', 0.5],
    ['0.1', 0.1],
    ['1.25k', 1250],
    ['NaN', undefined],
  ]);
});

test('shares are percent or a number up to one', () => {
  table(parseShare, [
    ['5%', 0.05],
    ['0.5%', 0.005],
    ['100%', 1],
    ['0.25', 0.25],
    ['1', 1],
    ['101%', undefined],
    ['1.5', undefined],
    ['%', undefined],
    ['-5%', undefined],
  ]);
});

test('a duration that is written out is read back unchanged', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 604_800_000_000 }), (us) => {
      assert.equal(parseDurationUs(formatDurationUs(us)), us);
    }),
  );
  assert.equal(formatDurationUs(90_000_000), '1m30s');
  assert.equal(formatDurationUs(3_600_000_000), '1h');
  assert.equal(formatDurationUs(1500), '1.5ms');
});

test('numbers are shown with thousands apart', () => {
  assert.equal(formatNumber(1_234_567.8), '1,234,568');
  assert.equal(formatNumber(0.25), '0.3');
});
