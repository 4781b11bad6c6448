/** The only reader of YAML: text -> a tree of plain values that remember where they stand. Built to be fed hostile files. */
import { Composer, type CST, type Document, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, Parser } from 'yaml';
import type { ErrorCode } from '../core/error-table.js';
import { GwrkError } from '../core/errors.js';
import { MAX_PROBLEMS, showValue } from './problems.js';

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;
/** Lexical tokens in one file: about ten a line, so more than anybody writes, and read in a few milliseconds. */
const MAX_TOKENS = 20_000;

const ASTERISK = 0x2a;
/** What the lexer of yaml emits before the text of a plain or block scalar. */
const SCALAR_FOLLOWS = '\x1f';

/** Where something stands. `text` is the source from there on as far as it belongs to the value. */
export interface Position {
  /** The file, or the flag that brought the value. */
  readonly source: string;
  /** From 1; 0 when the source is a flag. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export type Scalar = string | number | boolean | null;

/** A value of the file. Maps keep the position of each key. */
export type Tree = { readonly at: Position } & (
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Entry> }
);

export interface Entry {
  readonly keyAt: Position;
  readonly value: Tree;
}

/** "file.yaml:12:7", or the flag. */
export function formatPosition({ source, line, column }: Position): string {
  return line === 0 ? source : `${source}:${line}:${column}`;
}

/**
 * Reads one YAML document. Refuses, before anything is built: more than 1 MiB, nesting deeper than 32, more tokens than
 * MAX_TOKENS; and aliases, tags, keys that are not text, `__proto__`. Problems are added to `problems`; undefined when
 * there were any. `inFlag`: the text stands in a flag, and has no lines to point to.
 */
export function readYaml(text: string, source: string, problems: GwrkError[], inFlag = false): Tree | undefined {
  const before = problems.length;
  const lines = new LineCounter();
  const position = (start: number, end = start): Position => {
    const { line, col } = lines.linePos(start);
    return { source, line: inFlag ? 0 : line, column: col, text: text.slice(start, end) };
  };
  const report = (
    code: ErrorCode,
    summary: string,
    at: Position,
    details: { given?: string; allowed?: string; hint?: string } = {},
  ): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(new GwrkError(code, summary, { where: formatPosition(at), ...details }));
  };

  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_FILE_BYTES) {
    report(
      'GWRK_SCENARIO_INVALID',
      'the file is too large',
      { source, line: 1, column: 1, text: '' },
      { given: `${bytes} bytes`, allowed: '1 MiB', hint: 'rows of data belong into a feeder, which may have 1 GiB' },
    );
    return undefined;
  }
  const tokens: CST.Token[] = [];
  const tooMuch = readTokens(text, lines, tokens);
  if (tooMuch) {
    lineStarts(text, lines);
    report('GWRK_SCENARIO_INVALID', tooMuch.summary, position(tooMuch.offset), { allowed: tooMuch.allowed });
    return undefined;
  }

  const composer = new Composer({ prettyErrors: false, stringKeys: false, merge: false, version: '1.2' });
  const [document, another] = composer.compose(tokens, true, text.length) as Iterable<Document>;
  if (document === undefined) throw new Error('yaml composed no document'); // it does of an empty text too
  if (another) report('GWRK_SCENARIO_SYNTAX', 'the file holds multiple documents', position(another.range?.[0] ?? 0));
  for (const error of document.errors) report('GWRK_SCENARIO_SYNTAX', firstLine(error.message), position(error.pos[0]));
  for (const warning of document.warnings) {
    // A tag that yaml does not know is a warning there; build() below refuses every tag.
    if (warning.code !== 'TAG_RESOLVE_FAILED') report('GWRK_SCENARIO_SYNTAX', firstLine(warning.message), position(warning.pos[0]));
  }
  if (document.errors.length > 0 || another) return undefined;

  const build = (node: Node | null | undefined, fallback: Position): Tree => {
    const at = node?.range ? position(node.range[0], node.range[1]) : fallback;
    if (!node) return { kind: 'scalar', value: null, at };
    if (node.tag)
      report('GWRK_SCENARIO_INVALID', 'tags are not allowed', at, {
        given: showValue(node.tag),
        hint: 'write plain values; gwrk knows the type of every key',
      });
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => build(item as Node, at)), at };
    if (isMap(node)) {
      const entries = new Map<string, Entry>();
      for (const { key, value } of node.items) {
        const keyNode = key as Node | null;
        const keyAt = keyNode?.range ? position(keyNode.range[0], keyNode.range[1]) : at;
        if (!isScalar(keyNode) || keyNode.tag || keyNode.value === null || typeof keyNode.value === 'object') {
          report('GWRK_SCENARIO_INVALID', 'a key must be plain text', keyAt, { hint: 'if this was meant to be {{ }}, put it in quotes' });
        } else if (keyNode.value === '__proto__') {
          report('GWRK_SCENARIO_INVALID', 'this key is not allowed', keyAt, { given: '__proto__' });
        } else {
          // The key as written: 0123 and 1.0 stay text.
          entries.set(typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? String(keyNode.value)), {
            keyAt,
            value: build(value as Node | null, keyAt),
          });
        }
      }
      return { kind: 'map', entries, at };
    }
    const value: unknown = isScalar(node) ? node.value : null;
    return { kind: 'scalar', value: typeof value === 'bigint' ? Number(value) : (value as Scalar), at };
  };
  const tree = build(document.contents as Node | null, position(0));
  return problems.length > before ? undefined : tree;
}

/**
 * Reads the tokens of the file, or finds the first place where it nests too deep, grows too long or holds an alias. That is
 * seen from tokens alone: the lexer and the parser's stack are loops, while composing the tree recurses and would take
 * quadratic time on a depth bomb.
 */
function readTokens(
  text: string,
  lines: LineCounter,
  tokens: CST.Token[],
): { summary: string; allowed: string; offset: number } | undefined {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  let lexemes = 0;
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MAX_TOKENS) return { summary: 'the file has too many values', allowed: `${MAX_TOKENS} tokens`, offset };
    if (lexeme.charCodeAt(0) === ASTERISK && !isScalar) {
      return { summary: 'aliases are not allowed', allowed: 'the value itself, or variables:', offset };
    }
    isScalar = lexeme === SCALAR_FOLLOWS;
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH && depthOf(parser) > MAX_DEPTH) {
      return { summary: 'the file nests too deep', allowed: `${MAX_DEPTH} levels`, offset };
    }
    offset = parser.offset;
  }
  for (const token of parser.end()) tokens.push(token);
  return undefined;
}

function depthOf({ stack }: Parser): number {
  return stack.filter(({ type }) => type === 'block-map' || type === 'block-seq' || type === 'flow-collection').length;
}

/** All of them: the tokens were only read up to the excess. */
function lineStarts(text: string, lines: LineCounter): void {
  lines.lineStarts.length = 0;
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
}

const firstLine = (message: string): string => {
  const line = message.split('\n', 1)[0]!.replace(/[.:]$/, '');
  return line.charAt(0).toLowerCase() + line.slice(1);
};

/** The plain value of a tree: maps become objects without a prototype, so no key of the file can mean anything. */
export function plainValue(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plainValue);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, { value }] of tree.entries) object[key] = plainValue(value);
  return object;
}

/**
 * The position of a path, or of the nearest thing above it that exists. With `ofKey`, the key's position rather than
 * that of its value.
 */
export function positionAt(tree: Tree, path: readonly PropertyKey[], ofKey = false): Position {
  let node = tree;
  let at = tree.at;
  for (const [i, step] of path.entries()) {
    const last = i === path.length - 1;
    if (node.kind === 'map') {
      const entry = node.entries.get(String(step));
      if (!entry) return at;
      node = entry.value;
      at = last && !ofKey ? node.at : entry.keyAt;
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)];
      if (!item) return at;
      node = item;
      at = node.at;
    } else return at;
  }
  return at;
}

/** The value at a path, or undefined. */
export function nodeAt(tree: Tree, path: readonly PropertyKey[]): Tree | undefined {
  let node: Tree | undefined = tree;
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.get(String(step))?.value;
    else if (node?.kind === 'list') node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}
