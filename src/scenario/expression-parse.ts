/**
 * The grammar of `{{ }}`, read by recursive descent. Names of variables are replaced and arithmetic on constants is done
 * while reading, so what comes out holds only what differs from client to client.
 *
 *   sum     = product { ("+" | "-") product }
 *   product = unary { ("*" | "/" | "%") unary }
 *   unary   = "-" unary | primary
 *   primary = number | string | name [ "(" [ sum { "," sum } ] ")" ] | "(" sum ")"
 *   name    = letter { letter | digit | "_" } [ "." letter { letter | digit | "_" } ]
 *
 * Nothing here runs code: the result is data (expression.ts).
 */

import type { ClientValue, Expression, Template } from './expression.js';
import { didYouMean } from './nearest-name.js';
import { parseQuantity } from './units.js';

const MAX_EXPRESSION_NODES = 64;
const MAX_EXPRESSION_LETTERS = 512;
/** Names that have a value only when a client runs. */
export const CLIENT_NAMES = ['client', 'iteration'] as const;
const FUNCTIONS: Readonly<Record<string, number>> = { random: 2, uuid: 0, now: 0 };
export const FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS);

export type Constant = number | string | boolean;
/** What `{{ }}` can name: variables and `env.NAME`, known before the start; feeders' columns and captures, which stand for themselves. */
export type Constants = ReadonlyMap<string, Constant | ClientValue>;

/** A fault in a `{{ }}` value. `offset` counts letters from the start of the text that was given. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly offset: number;
}

type Operator = '+' | '-' | '*' | '/' | '%';

/** Reads what stands between `{{` and `}}`; `base` is its offset in the whole text. Throws ExpressionError. */
export function parseExpression(source: string, constants: Constants, base = 0): Expression {
  if (source.length > MAX_EXPRESSION_LETTERS)
    throw new ExpressionError(`an expression has at most ${MAX_EXPRESSION_LETTERS} letters`, base);
  return new ExpressionReader(tokenize(source, base), constants).read();
}

/** Splits text at its `{{ }}` and reads each of them. Text without any is one literal piece. Throws ExpressionError. */
export function parseTemplate(text: string, constants: Constants): Template {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (let open = text.indexOf('{{'); open !== -1; open = text.indexOf('{{', at)) {
    const close = text.indexOf('}}', open + 2);
    if (close === -1) throw new ExpressionError('{{ is never closed by }}', open);
    if (open > at) parts.push(text.slice(at, open));
    parts.push(parseExpression(text.slice(open + 2, close), constants, open + 2));
    at = close + 2;
  }
  if (at < text.length || parts.length === 0) parts.push(text.slice(at));
  return { parts };
}

function tokenize(source: string, base: number): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:(\d+(?:\.\d+)?(?![\w.]))|"([^"]*)"|'([^']*)'|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|([-+*/%(),]))/y;
  let end = 0;
  while (source.slice(end).trim() !== '') {
    pattern.lastIndex = end;
    const match = pattern.exec(source);
    if (!match) {
      const offset = end + source.slice(end).search(/\S/);
      throw new ExpressionError(`"${source.slice(offset, offset + 8)}" does not belong in an expression`, base + offset);
    }
    const [whole, number, double, single, name, sign] = match;
    const offset = base + end + whole.search(/\S/);
    if (number !== undefined) tokens.push({ kind: 'number', text: number, offset });
    else if (double !== undefined || single !== undefined) tokens.push({ kind: 'string', text: double ?? single ?? '', offset });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, offset });
    else tokens.push({ kind: 'sign', text: sign!, offset });
    end = pattern.lastIndex;
  }
  tokens.push({ kind: 'end', text: '', offset: base + source.length });
  return tokens;
}

class ExpressionReader {
  readonly #tokens: readonly Token[];
  readonly #constants: Constants;
  #at = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[], constants: Constants) {
    this.#tokens = tokens;
    this.#constants = constants;
  }

  read(): Expression {
    const result = this.#sum();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw new ExpressionError(`"${rest.text}" is one too many here`, rest.offset);
    return result;
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #takeSign(signs: string): Token | undefined {
    const token = this.#peek();
    if (token.kind !== 'sign' || !signs.includes(token.text)) return undefined;
    this.#at++;
    return token;
  }

  #count(offset: number): void {
    if (++this.#nodes > MAX_EXPRESSION_NODES) throw new ExpressionError(`an expression has at most ${MAX_EXPRESSION_NODES} parts`, offset);
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#takeSign('+-'); sign; sign = this.#takeSign('+-')) left = this.#binary(left, sign, this.#product());
    return left;
  }

  #product(): Expression {
    let left = this.#unary();
    for (let sign = this.#takeSign('*/%'); sign; sign = this.#takeSign('*/%')) left = this.#binary(left, sign, this.#unary());
    return left;
  }

  #unary(): Expression {
    const minus = this.#takeSign('-');
    if (!minus) return this.#primary();
    this.#count(minus.offset);
    const operand = asNumber(this.#unary(), minus.offset);
    return operand.kind === 'number' ? { kind: 'number', value: -operand.value } : { kind: 'negate', operand };
  }

  #primary(): Expression {
    const token = this.#peek();
    this.#count(token.offset);
    if (token.kind === 'end') throw new ExpressionError('a value is missing here', token.offset);
    this.#at++;
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'string') return { kind: 'string', value: token.text };
    if (token.kind === 'name') return this.#takeSign('(') ? this.#call(token) : this.#name(token);
    if (token.text !== '(') throw new ExpressionError(`a value is missing before "${token.text}"`, token.offset);
    const inner = this.#sum();
    this.#close(token.offset);
    return inner;
  }

  #close(openedAt: number): void {
    if (!this.#takeSign(')')) throw new ExpressionError('this parenthesis is never closed', openedAt);
  }

  #call(name: Token): Expression {
    const wanted = Object.hasOwn(FUNCTIONS, name.text) ? FUNCTIONS[name.text]! : undefined;
    if (wanted === undefined) {
      throw new ExpressionError(
        `there is no function ${name.text}()`,
        name.offset,
        didYouMean(name.text, Object.keys(FUNCTIONS), 'random(a, b), uuid(), now()'),
      );
    }
    const args: Expression[] = [];
    if (!this.#takeSign(')')) {
      do args.push(asNumber(this.#sum(), name.offset));
      while (this.#takeSign(','));
      this.#close(name.offset);
    }
    if (args.length !== wanted) throw new ExpressionError(`${name.text}() takes ${wanted} values, not ${args.length}`, name.offset);
    const [low, high] = args;
    if (low?.kind === 'number' && high?.kind === 'number' && low.value > high.value) {
      throw new ExpressionError(`random(${low.value}, ${high.value}) has its ends the wrong way round`, name.offset);
    }
    return { kind: 'call', name: name.text, args };
  }

  #name(token: Token): Expression {
    const { text, offset } = token;
    const value = this.#constants.get(text);
    if (typeof value === 'object') return value;
    if (value !== undefined) return literal(value);
    if ((CLIENT_NAMES as readonly string[]).includes(text)) return { kind: 'name', name: text };
    if (text.startsWith('env.')) throw new ExpressionError(`${text} is not set`, offset, `add -e ${text.slice(4)}=VALUE`);
    if (Object.hasOwn(FUNCTIONS, text))
      throw new ExpressionError(`${text} is a function`, offset, `write ${text}${FUNCTIONS[text] ? '(a, b)' : '()'}`);
    const known = [...CLIENT_NAMES, ...this.#constants.keys()];
    throw new ExpressionError(`there is no value named ${text}`, offset, didYouMean(text, known, known.join(', ')));
  }

  #binary(leftGiven: Expression, sign: Token, rightGiven: Expression): Expression {
    this.#count(sign.offset);
    const left = asNumber(leftGiven, sign.offset);
    const right = asNumber(rightGiven, sign.offset);
    const operator = sign.text as Operator;
    if (right.kind === 'number' && right.value === 0 && (operator === '/' || operator === '%')) {
      throw new ExpressionError('this divides by zero', sign.offset);
    }
    if (left.kind === 'number' && right.kind === 'number') return { kind: 'number', value: calculate(operator, left.value, right.value) };
    return { kind: 'binary', operator, left, right };
  }
}

/** The operation itself; % has the sign of the left side, as in JavaScript. */
export function calculate(operator: Operator, left: number, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  return operator === '/' ? left / right : left % right;
}

export function literal(value: Constant): Expression {
  if (typeof value === 'number') return { kind: 'number', value };
  return typeof value === 'boolean' ? { kind: 'boolean', value } : { kind: 'string', value };
}

/** Numbers that came as text (`-e CLIENTS=10k`) count as numbers; other text does not calculate. */
function asNumber(expression: Expression, offset: number): Expression {
  if (expression.kind === 'string') {
    const value = /^-?\d+(\.\d+)?(e\d+)?$/i.test(expression.value.trim()) ? Number(expression.value) : parseQuantity(expression.value);
    if (value === undefined) throw new ExpressionError(`"${expression.value}" is not a number`, offset);
    return { kind: 'number', value };
  }
  if (expression.kind === 'boolean' || (expression.kind === 'call' && expression.name === 'uuid')) {
    throw new ExpressionError(`${expression.kind === 'boolean' ? String(expression.value) : 'uuid()'} is not a number`, offset);
  }
  return expression;
}
