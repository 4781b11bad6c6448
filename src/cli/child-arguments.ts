import type { FlagShape } from './go-flags.js';

/**
 * The words of a command line (long flags with two dashes) without some of its flags, and with others in front of what
 * stands behind `--`. Values of flags are left alone, whatever they look like.
 */
export function childArguments(
  words: readonly string[],
  shapes: readonly FlagShape[],
  dropped: readonly string[],
  added: readonly string[],
): string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--') return [...kept, ...added, ...words.slice(index)];
    const [, long, equals] = /^--([a-z][a-z-]*)(=?)/u.exec(word) ?? [];
    const short = /^-([A-Za-z])$/u.exec(word)?.[1];
    const shape = shapes.find((one) => (long !== undefined ? one.long === long : short !== undefined && one.short === short));
    const hasValueBehind = shape?.takesValue === true && equals !== '=';
    if (!shape || !dropped.includes(shape.long)) kept.push(word, ...(hasValueBehind ? words.slice(index + 1, index + 2) : []));
    if (hasValueBehind) index++;
  }
  return [...kept, ...added];
}
