/**
 * What must not reach a log that people read on terminals: C0 and C1 controls (line breaks and escapes among them), the line
 * separators U+2028 and U+2029, and the marks that turn the direction of text.
 */
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text of a peer, a path or an error with every such character taken out (S15). */
export function printable(text: string): string {
  return text.replace(HARMFUL, '');
}
