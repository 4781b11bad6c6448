/** A text in lines of at most `width` characters, broken between words where it can be. */
export function broken(text: string, width: number): string[] {
  const parts: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      parts.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    for (; line.length > width; line = line.slice(width)) parts.push(line.slice(0, width));
  }
  parts.push(line);
  return parts;
}
