import { fileURLToPath } from 'node:url';

/** A driver threw, or cannot be used. `frame` is the place in the user's own file, "my-game.ts:12:7"; empty when it is not known. */
export class DriverFault extends Error {
  override readonly name = 'DriverFault';
  readonly path: string;
  readonly frame: string;
  /** What to do about it; empty where the error says enough. */
  readonly hint: string;

  constructor(path: string, message: string, frame: string, hint = '') {
    super(message);
    this.path = path;
    this.frame = frame;
    this.hint = hint;
  }

  /** As a person reads it. */
  get told(): string {
    return this.frame === '' ? `${this.path === '' ? '' : `${this.path}: `}${this.message}` : `${this.frame}: ${this.message}`;
  }

  /** Of what a driver at `path` threw while it did `what`. */
  static of(path: string, thrown: unknown, what: string, hint = ''): DriverFault {
    const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
    return new DriverFault(path, `${what}: ${text}`, ownFrame(stack, path), hint);
  }
}

/** The innermost place in a stack that is neither of Node nor of gwrk: the driver, or what it imports. */
function ownFrame(stack: string, path: string): string {
  // A syntax error of JavaScript has no column: "file:///my-game.mjs:3" stands above its stack.
  const places = [...stack.matchAll(/(file:\/\/[^\s()]+?|\/[^\s():]+):(\d+)(?::(\d+))?(?=[\s)]|$)/g)].map(([, file, line, column]) => ({
    file: file!.startsWith('file:') ? withoutFail(file!) : file!,
    at: column === undefined ? line! : `${line}:${column}`,
  }));
  const directory = path.slice(0, path.lastIndexOf('/') + 1);
  const own = places.find(({ file }) => file === path) ?? places.find(({ file }) => file.startsWith(directory));
  return own ? `${own.file}:${own.at}` : '';
}

function withoutFail(url: string): string {
  try {
    return fileURLToPath(url.split('?', 1)[0]!);
  } catch {
    return url;
  }
}
