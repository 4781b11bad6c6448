import { nearestName } from '../scenario/nearest-name.js';

/** What is known of one flag of a command. */
export interface FlagShape {
  /** Without dashes: "connections". */
  readonly long: string;
  /** Without the dash: "c". */
  readonly short?: string;
  readonly takesValue: boolean;
  /** Of a flag that takes a value only behind "=": what it has without one. */
  readonly valueIfBare?: string;
  /** Of such a flag: words that are its value also when they stand behind it. */
  readonly values?: readonly string[];
}

/**
 * "-conections 5" reaches commander as -c with the value "onections", and it can only say that this is no number. Here the
 * long flag that was meant is found: "did you mean -connections?".
 */
export function meantFlag(argv: readonly string[], flags: readonly FlagShape[]): string | undefined {
  for (const word of argv) {
    if (word === '--') return undefined;
    const [, name = ''] = /^-([A-Za-z][A-Za-z-]{3,})(?:=.*)?$/su.exec(word) ?? [];
    const long = flags.map((flag) => flag.long);
    const nearest = name === '' || long.includes(name) ? undefined : nearestName(name, long);
    if (nearest !== undefined) return `did you mean -${nearest}?`;
  }
  return undefined;
}

/** Go's words for a boolean flag's value. */
const SWITCH_ON = new Set(['true', 'True', 'TRUE', 't', 'T', '1']);
const SWITCH_OFF = new Set(['false', 'False', 'FALSE', 'f', 'F', '0']);

/**
 * Go-style flags as commander reads them: `-timeout 30s` becomes `--timeout 30s`, `-keepalive=true` becomes
 * `--keepalive`, `-keepalive=false` becomes `--no-keepalive` where there is such a flag, and else disappears. A word is only rewritten when the whole of it names a long flag of the
 * command, so `-c`, `-c100` and `-qk` stay what they are; the values of flags and all that stands behind `--` are never
 * touched.
 */
export function rewriteGoFlags(argv: readonly string[], flags: readonly FlagShape[]): string[] {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') return words.concat(argv.slice(index));
    const [, dashes = '', name = '', value] = /^(--?)([A-Za-z][A-Za-z-]*)(?:=(.*))?$/su.exec(word) ?? [];
    const isShort = dashes === '-' && name.length === 1 && value === undefined;
    const flag = flags.find((candidate) => (isShort ? candidate.short : candidate.long) === name);
    if (flag === undefined) {
      words.push(word);
    } else if (flag.valueIfBare !== undefined) {
      // Told to commander with a value in every case: it would take the next word for one.
      const next = argv[index + 1];
      const isNext = value === undefined && next !== undefined && flag.values?.includes(next) === true;
      words.push(`--${name}=${value ?? (isNext ? argv[++index] : flag.valueIfBare)}`);
    } else if (flag.takesValue) {
      words.push(isShort || dashes === '--' ? word : `-${word}`);
      if (value === undefined && index + 1 < argv.length) words.push(argv[++index]!);
    } else if (value === undefined || SWITCH_ON.has(value)) {
      words.push(isShort ? word : `--${name}`);
    } else if (!SWITCH_OFF.has(value)) {
      words.push(word); // commander says that it takes no such value
    } else if (flags.some(({ long }) => long === `no-${name}`)) {
      words.push(`--no-${name}`);
    }
  }
  return words;
}
