import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStatsCsv } from '../../src/report/csv.js';
import { renderHistoryCsv } from '../../src/report/csv-history.js';
import { renderHlog } from '../../src/report/hlog.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { hostileReport } from './html/hostile-report.js';
import { PAYLOADS } from './html/payloads.js';

test(`${PAYLOADS.length} hostile texts reach a terminal without a control character`, () => {
  for (const text of PAYLOADS)
    assert.doesNotMatch(
      renderTerminal(hostileReport(text), { color: false }),
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/u,
      text,
    );
});

test('in Markdown they are no HTML, no link, no picture, no heading and no cell of a table', () => {
  for (const text of PAYLOADS) {
    const markdown = renderMarkdown(hostileReport(text));
    assert.doesNotMatch(markdown, /<(?!!--)[a-z!/?]/iu, text);
    assert.doesNotMatch(markdown, /(?<!\\)\]\(|:\/\/evil|www\.evil/u, text);
    for (const line of markdown.split('\n')) assert.doesNotMatch(line, /^(?:#+ h\b|```|~~~|===|\s*<)/u, text);
    for (const table of markdown.split(/\n{2,}/u).filter((block) => block.startsWith('|'))) {
      const widths = table
        .trimEnd()
        .split('\n')
        .map((row) => row.replace(/\\[\\|]/gu, '').split('|').length);
      assert.equal(new Set(widths).size, 1, table);
    }
  }
});

test('in CSV they stay in their cells, and begin no formula', () => {
  for (const text of PAYLOADS)
    for (const csv of [renderStatsCsv(hostileReport(text)), renderHistoryCsv(hostileReport(text))]) {
      const cells = [...csv.matchAll(/(?:^|,|\r\n)("(?:[^"]|"")*"|[^",\r\n]*)/gu)].map(([, cell]) => cell!.replace(/^"|"$/gu, ''));
      for (const cell of cells) assert.doesNotMatch(cell, /^[=+@\t\r]|^-(?!\d+(\.\d+)?$)/u, text);
    }
});

test('in the HDR log they stay on the line of their histogram', () => {
  // A text that is base64 itself may stand as a line of its own.
  const lines = renderHlog(hostileReport('plain text')).split('\n').length;
  for (const text of PAYLOADS) {
    const more = /^[A-Za-z0-9+/]+=*$/u.test(text) ? 1 : 0;
    assert.equal(renderHlog(hostileReport(text)).split('\n').length, lines + more, text);
  }
});
