/**
 * Text of a stranger (a server, a file) as one line without anything a terminal would obey: C0 and C1 controls, line
 * separators and the marks that turn the writing direction become spaces. At most `length` characters.
 */
export function printable(text: string, length = 200): string {
  const line = text
    .slice(0, length * 4)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .trim();
  const characters = Array.from(line);
  return characters.length <= length ? line : `${characters.slice(0, length - 3).join('')}...`;
}
