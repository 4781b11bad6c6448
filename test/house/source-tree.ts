import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ImportLine {
  /** As written: "../core/errors.js", "node:fs", "yaml". */
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes: "src/run/run.ts". */
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  readonly imports: readonly ImportLine[];
}

/** The repository, seen from dist/test/house/. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Every TypeScript file of these rooms. */
export function readSources(...rooms: readonly string[]): SourceFile[] {
  return rooms.flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => parseSource(posix.join(room, file.replaceAll('\\', '/')), readFileSync(join(root, room, file), 'utf8')))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  );
}

export function parseSource(path: string, text: string): SourceFile {
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(code) };
}

/** Comments become blanks; what looks like one inside a string or a template stays. Lines keep their numbers. */
function withoutComments(text: string): string {
  const tokens = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//gu;
  return text.replace(tokens, (token) => (token.startsWith('//') || token.startsWith('/*') ? token.replace(/[^\n]/gu, ' ') : token));
}

function importsOf(code: string): ImportLine[] {
  const found: ImportLine[] = [];
  for (const match of code.matchAll(/^[ \t]*(?:import|export)\b([^'"();=]*?)\bfrom\s*['"]([^'"]+)['"]/gmu))
    found.push({
      specifier: match[2]!,
      isTypeOnly: /^\s*type\b/u.test(match[1]!) || /^\s*\{(?:\s*type\s[^,}]*,?)+\s*\}\s*$/u.test(match[1]!),
    });
  for (const match of code.matchAll(/^[ \t]*import\s*['"]([^'"]+)['"]/gmu)) found.push({ specifier: match[1]!, isTypeOnly: false });
  for (const match of code.matchAll(/\b(?:import|require|createRequire\([^)]*\))\(\s*['"]([^'"]+)['"]/gu))
    found.push({ specifier: match[1]!, isTypeOnly: false });
  // A package whose files are read for a page; who reads its package.json only asks for its version.
  for (const match of code.matchAll(/\b(?:require|createRequire\([^)]*\))\.resolve\(\s*['"]((?:(?!\/package\.json)[^'"])+)['"]/gu))
    found.push({ specifier: match[1]!, isTypeOnly: false });
  return found;
}

/** The file that a relative import means, from the root; undefined for packages. */
export function targetOf(file: SourceFile, line: ImportLine): string | undefined {
  if (!line.specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(file.path), line.specifier)).replace(/\.js$/u, '.ts');
}

/** "src/run/run.ts" is of room "run"; all of reference-server is one room. */
export function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'src' ? second : first;
}
