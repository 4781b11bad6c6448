/** What `-b` means for a tcp or tls target, where nothing says where an answer ends: an echo is taken for granted. */
import { GwrkError } from '../core/errors.js';

export interface StreamBody {
  readonly text: string;
  /** As a scenario file writes it. */
  readonly framing: { readonly delimiter: string } | { readonly size: number };
}

/**
 * The message and the framing of a body. `\n`, `\r`, `\t`, `\0`, `\\` and `\xHH` are read as in C. A body that ends with a line
 * break speaks in lines; the answer to any other has as many bytes as the body. Throws GWRK_USAGE.
 */
export function streamBody(body: string): StreamBody {
  const text = readEscapes(body);
  const [lineBreak] = /\r?\n$/.exec(text) ?? [];
  if (lineBreak !== undefined) return { text: text.slice(0, -lineBreak.length), framing: { delimiter: lineBreak } };
  if (text.includes('{{'))
    throw new GwrkError('GWRK_USAGE', 'where the answer to this body ends is not known, because its length differs', {
      given: `-b ${body}`,
      hint: 'end it with \\n, or write a scenario with framing:',
    });
  return { text, framing: { size: Buffer.byteLength(text) } };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\' };

function readEscapes(body: string): string {
  return body.replace(/\\(?:x([0-7][0-9a-f])|([nrt0\\]))/giu, (all, hex: string | undefined, letter: string | undefined) =>
    hex === undefined ? (ESCAPES[letter!] ?? all) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
