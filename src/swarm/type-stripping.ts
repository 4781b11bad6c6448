/** The only user of the type stripper, which is 4 MB of WebAssembly: imported only for a driver in TypeScript, or for a mistake. */
import { transformSync } from '@swc/wasm-typescript';

/** What the stripper throws: an object that is no Error. Lines from 1, columns from 0. */
interface Refusal {
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}

/** The text with blanks where its types were, so that line and column stay. Throws a SyntaxError whose stack names the place in the file. */
export function stripTypes(text: string, path: string): string {
  try {
    return transformSync(text, { mode: 'strip-only', module: true, filename: path }).code;
  } catch (thrown) {
    const { message, startLine, startColumn } = thrown as Refusal;
    const error = new SyntaxError(message);
    // Hooks run in a thread of their own: of an error only name, message and stack are sure to come over.
    error.stack = `SyntaxError: ${message}\n    at ${path}:${startLine}:${startColumn + 1}`;
    throw error;
  }
}
