import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvColumns } from '../../src/scenario/feeder-csv.js';
import { packText, planOfCsv, planOfJsonLines, rowsOf } from './feeder-text.js';

/** A field as RFC 4180 has it: in quotes where it must be, and here and there where it need not. */
const quoted = (text: string): string => (/[",\r\n]|^$/.test(text) || text.length % 2 === 0 ? `"${text.replaceAll('"', '""')}"` : text);

test('fields in quotes hold delimiters, line ends and quotes, however the file is cut into chunks', () => {
  const rows = [
    ['anna', 'say "hi", then\r\ngo', ''],
    ['Ægir', '😀', ' spaces '],
    ['"', ',', '\n'],
  ];
  const text = `name,note,rest\r\n${rows.map((row) => row.map(quoted).join(',')).join('\r\n')}`;
  for (const chunk of [1, 2, 3, 7, 1000]) {
    const { data, problems } = packText(planOfCsv(text), text, chunk);
    assert.deepEqual(problems, []);
    assert.deepEqual(rowsOf(data), rows, `chunks of ${chunk}`);
  }
});

test('a last line need not have an end, empty lines are no rows, and an empty last field counts', () => {
  for (const [text, rows] of [
    ['a,b\n1,2', [['1', '2']]],
    [
      'a,b\n\n1,2\n\r\n3,\n',
      [
        ['1', '2'],
        ['3', ''],
      ],
    ],
    ['a,b\n1,', [['1', '']]],
    ['a\n""\nx\n', [[''], ['x']]],
    ['a;b\n1,5;2\n', [['1,5', '2']]],
  ] as const) {
    const { data, problems } = packText(planOfCsv(text, text.includes(';') ? ';' : ','), text);
    assert.deepEqual([rowsOf(data), problems], [rows, []], JSON.stringify(text));
  }
});

test('a bad row is named with its line and leaves nothing behind', () => {
  const text = 'a,b\n1,2\n3\n4,5,6\n"7"x,8\n9,1"0\n"11\n12",13\n14,\r15\n16,"17\n';
  const { data, problems } = packText(planOfCsv(text), text);
  assert.deepEqual(rowsOf(data), [
    ['1', '2'],
    ['11\n12', '13'],
  ]);
  assert.deepEqual(problems, [
    '3: this row has 1 field, the first line names 2',
    '4: this row has 3 fields, the first line names 2',
    '5: something stands behind a closing quote',
    '6: a quote stands within a field that is not in quotes',
    '9: a carriage return stands within a field that is not in quotes',
    '10: a quote is never closed',
  ]);
});

test('values that are too long or not UTF-8 are bad rows', () => {
  const text = Buffer.concat([
    Buffer.from('a,b\n1,'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from(`2,${'x'.repeat(8193)}\n3,${'y'.repeat(8192)}\n`),
  ]);
  const { data, problems } = packText(planOfCsv('a,b\n'), text);
  assert.deepEqual(problems, ['2: this row is not UTF-8', '3: a value has 8193 bytes; at most 8192 are allowed']);
  assert.equal(rowsOf(data).length, 1);
});

test('only the columns that are used are kept', () => {
  const text = 'a,b,c\n1,2,3\n4,5,6\n';
  const { data } = packText({ ...planOfCsv(text), used: [2] }, text);
  assert.deepEqual(rowsOf(data), [['3'], ['6']]);
  assert.deepEqual([...data.keptAs], [-1, -1, 0]);
});

test('names of columns may be in quotes', () => {
  assert.deepEqual(csvColumns('"a ""x""", b ,"c,d"\r\n1,2,3', ','), ['a "x"', 'b', 'c,d']);
});

test('JSON lines give texts without their escapes and anything else as it stands', () => {
  const text = '{"name":"a\\u00e9\\n","age":7,"more":{"x":[1]}}\n\n{"age":null,"more":true,"name":"b","extra":1}\n';
  for (const chunk of [1, 5, 1000]) {
    const { data, problems } = packText(planOfJsonLines(text), text, chunk);
    assert.deepEqual(problems, []);
    assert.deepEqual(rowsOf(data), [
      ['aé\n', '7', '{"x":[1]}'],
      ['b', 'null', 'true'],
    ]);
    assert.deepEqual([...data.isBare], [0, 1, 1]);
  }
});

test('lines that are no objects or lack a column are bad rows', () => {
  const text = '{"a":1}\n[1]\n{"b":1}\n{"a":2\n"x"\n{"a":3}';
  const { data, problems } = packText(planOfJsonLines(text), text);
  assert.deepEqual(rowsOf(data), [['1'], ['3']]);
  assert.deepEqual(problems, [
    '2: this line is not a JSON object',
    '3: this line has no a',
    '4: this line is not a JSON object',
    '5: this line is not a JSON object',
  ]);
});
