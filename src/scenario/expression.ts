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
  | { readonly kind: 'negate'; readonly operand: Expression }
  | ClientValue
  /** A client value within JSON text: alone with its quotes where it is text, or inside a longer text without. */
  | { readonly kind: 'json'; readonly value: ClientValue; readonly isAlone: boolean };

/** What a client got from a feeder or from an answer: text, known only while the client runs. */
export type ClientValue =
  /** Indexes in the plan's feeders and in the feeder's columns. */
  | { readonly kind: 'field'; readonly feeder: number; readonly column: number; readonly name: string }
  /** Index in the plan's captures. */
  | { readonly kind: 'capture'; readonly capture: number; readonly name: string };

/** Text with values in it: literal pieces and expressions, joined. A template without expressions is one literal. */
export interface Template {
  readonly parts: readonly (string | Expression)[];
}
