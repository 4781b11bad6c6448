import type { ClientValue } from './expression.js';
import type { Program } from './program.js';

/** Names of captures that a program uses and never makes: their values would never be there. */
export function capturesNeverMade(program: Program, values: readonly ClientValue[]): string[] {
  const expectations = [...program.sends.map(({ expect }) => expect), ...program.expects, ...program.https.map(({ expect }) => expect)];
  const made = new Set(expectations.flatMap((expect) => expect?.captures ?? []).map(({ name }) => name));
  const used = values.flatMap((value) => (value.kind === 'capture' ? [value.name] : []));
  return [...new Set(used)].filter((name) => !made.has(name));
}
