import { printable } from './printable.js';

/** Text as the value of an attribute: without control characters, which XML 1.0 cannot hold at all. */
export function attribute(text: string): string {
  return printable(text, 400)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
