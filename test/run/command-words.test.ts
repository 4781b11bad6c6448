import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { commandWords } from '../../src/run/command-words.js';

// Expected words are what `printf '%s\n'` of a POSIX shell prints for the same text.
const rows: readonly [text: string, words: readonly string[]][] = [
  ['gwrk serve --port 9000', ['gwrk', 'serve', '--port', '9000']],
  ['  two   blanks\tand a tab ', ['two', 'blanks', 'and', 'a', 'tab']],
  [`sh -c 'exit 3'`, ['sh', '-c', 'exit 3']],
  [`a "b c" d`, ['a', 'b c', 'd']],
  [`"a \\" b" c`, ['a " b', 'c']],
  [`"a \\n b"`, ['a \\n b']],
  [`one\\ word`, ['one word']],
  [`joined'to'"get"her`, ['joinedtogether']],
  [`'' x`, ['', 'x']],
  [`'$HOME * ~'`, ['$HOME * ~']],
  ['', []],
];

for (const [text, words] of rows)
  test(`the command ${JSON.stringify(text)} is split as a shell splits it`, () => {
    assert.deepEqual(commandWords(text), words);
  });

for (const text of [`a 'b`, `a "b`, 'a \\', `"a\\"`, `x'y'z'`])
  test(`the command ${JSON.stringify(text)} is refused, because a quote or backslash stands alone`, () => {
    assert.throws(
      () => commandWords(text),
      (error) => error instanceof GwrkError && error.code === 'GWRK_USAGE' && error.details.given === text,
    );
  });
