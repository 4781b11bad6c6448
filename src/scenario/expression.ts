/** The values of `{{ }}`: data only. Parsing, checking and evaluating them is the business of expression-*.ts. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** client, iteration, or a name from variables (already replaced where it is constant). */
  | { readonly kind: 'name'; readonly name: string }
  /** random(a, b), uuid(), now(). */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'binary'; readonly operator: '+' | '-' | '*' | '/' | '%'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'negate'; readonly operand: Expression };

/** Text with values in it: literal pieces and expressions, joined. A template without expressions is one literal. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
}
