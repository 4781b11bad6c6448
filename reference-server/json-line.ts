/**
 * What JSON leaves as it is and a terminal or a reader of lines might obey: DEL and the C1 controls, the line separators U+2028 and
 * U+2029, and the marks that turn the direction of text.
 */
const HARMFUL = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A value as one line of JSON, without its line feed, in which no character but visible ones stands; it reads back the same (S15). */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(HARMFUL, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
