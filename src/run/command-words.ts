import { GwrkError } from '../core/errors.js';

/**
 * Splits a command into words as a POSIX shell does for plain words and quotes: 'as it stands', "with \" and \\", and
 * a backslash outside of quotes. Nothing is expanded and no shell is started. Throws GWRK_USAGE for an open quote.
 */
export function commandWords(command: string): string[] {
  const words: string[] = [];
  let rest = command.trimStart();
  while (rest !== '') {
    const match = /^(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*")+/u.exec(rest);
    if (match === null) throw new GwrkError('GWRK_USAGE', 'a command has a quote or backslash without its partner', { given: command });
    words.push(match[0].replace(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/gu, unquoted));
    rest = rest.slice(match[0].length);
    if (rest !== '' && !/^\s/u.test(rest))
      throw new GwrkError('GWRK_USAGE', 'a command has a quote or backslash without its partner', { given: command });
    rest = rest.trimStart();
  }
  return words;
}

function unquoted(_all: string, single: string | undefined, double: string | undefined, escaped: string | undefined): string {
  if (single !== undefined) return single;
  if (double !== undefined) return double.replace(/\\(["\\$`])/gu, '$1');
  return escaped ?? '';
}
