import type { ClientValue, Expression, Template } from './expression.js';

type Parse = (text: string) => Template;

/**
 * A value of the file as JSON text with its `{{ }}` left to be filled in. Text that is one `{{ }}` becomes a bare number
 * where the expression gives one ("{{ iteration }}" -> 7), and a column or capture what it is; everything else stays text.
 */
export function jsonTemplate(value: unknown, parse: Parse): Template {
  const parts: (string | Expression)[] = [];
  appendJson(value, parse, parts);
  return { parts: joinLiterals(parts) };
}

function appendJson(value: unknown, parse: Parse, parts: (string | Expression)[]): void {
  if (typeof value === 'string' && value.includes('{{')) return appendText(parse(value), parts);
  if (Array.isArray(value)) {
    parts.push('[');
    for (const [index, item] of value.entries()) {
      if (index > 0) parts.push(',');
      appendJson(item, parse, parts);
    }
    parts.push(']');
  } else if (value !== null && typeof value === 'object') {
    parts.push('{');
    for (const [index, [key, item]] of Object.entries(value).entries()) {
      parts.push(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
      appendJson(item, parse, parts);
    }
    parts.push('}');
  } else parts.push(JSON.stringify(value) ?? 'null');
}

function appendText({ parts: pieces }: Template, parts: (string | Expression)[]): void {
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === 'object' && isClientValue(only)) {
    parts.push({ kind: 'json', value: only, isAlone: true });
    return;
  }
  if (pieces.length === 1 && typeof only === 'object' && givesNumber(only)) {
    parts.push(only);
    return;
  }
  parts.push('"');
  // Numbers and UUIDs need no escapes within a JSON text.
  for (const piece of pieces) {
    if (typeof piece === 'string') parts.push(JSON.stringify(piece).slice(1, -1));
    else parts.push(isClientValue(piece) ? { kind: 'json', value: piece, isAlone: false } : piece);
  }
  parts.push('"');
}

const isClientValue = (expression: Expression): expression is ClientValue => expression.kind === 'field' || expression.kind === 'capture';

const givesNumber = (expression: Expression): boolean =>
  expression.kind !== 'string' && expression.kind !== 'boolean' && !(expression.kind === 'call' && expression.name === 'uuid');

/** Neighbouring literal pieces as one, so that a program writes each with one copy. */
function joinLiterals(parts: readonly (string | Expression)[]): (string | Expression)[] {
  const joined: (string | Expression)[] = [];
  for (const part of parts) {
    const last = joined.length - 1;
    if (typeof part === 'string' && typeof joined[last] === 'string') joined[last] += part;
    else joined.push(part);
  }
  return joined;
}
