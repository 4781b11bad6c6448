import type { Expression, Template } from './expression.js';
import { type Constants, ExpressionError, literal, parseTemplate } from './expression-parse.js';
import type { Given, ValueReader } from './packet-values.js';

type Path = readonly PropertyKey[];

/** Reads the values of `layouts:`, which stand outside of any flow. */
export function plainReader(
  constants: Constants,
  refuse: ValueReader['refuse'],
  report: (path: Path, error: ExpressionError, text: string) => void,
): ValueReader {
  const text = (value: Given, path: Path): Template => {
    try {
      return parseTemplate(String(value), constants);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      report(path, error, String(value));
      return { parts: [] };
    }
  };
  const expression = (value: Given, path: Path): Expression => {
    const [only] = text(typeof value === 'string' ? value.trim() : value, path).parts;
    return typeof only === 'object' ? only : literal(only ?? '');
  };
  return { text, expression, refuse };
}
