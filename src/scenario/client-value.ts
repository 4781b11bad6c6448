import type { ClientValue, Expression } from './expression.js';

/** Every value of a client that stands anywhere in a part of a program. */
export function clientValuesIn(part: unknown): ClientValue[] {
  if (part === null || typeof part !== 'object' || ArrayBuffer.isView(part)) return [];
  const { kind } = part as Partial<Expression>;
  if (kind === 'field' || kind === 'capture') return [part as ClientValue];
  return Object.values(part).flatMap(clientValuesIn);
}
