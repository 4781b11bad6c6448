import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whose code a frame is: what a graph colours by. */
export type FrameKind = 'own' | 'package' | 'node' | 'native' | 'gc';

/**
 * Names frames of JavaScript as "function (package path:line)": "broadcast (src/room.js:12)", "parse (npm:ws/lib/receiver.js:80)",
 * "emit (node:events:466)". Paths begin at the nearest package.json, so that two check-outs of a program name them alike.
 */
export class FrameNames {
  readonly #places = new Map<string, string>();

  /** `line` counts from 1; 0 or less: not known. */
  name(functionName: string, url: string, line: number): string {
    const name = functionName || '(anonymous)';
    if (url === '') return name;
    const place = this.#place(url);
    return line > 0 ? `${name} (${place}:${line})` : `${name} (${place})`;
  }

  #place(url: string): string {
    let place = this.#places.get(url);
    if (place === undefined) {
      place = placeOf(url);
      this.#places.set(url, place);
    }
    return place;
  }
}

function placeOf(url: string): string {
  if (url.startsWith('node:')) return url;
  const path = pathOf(url);
  if (path === undefined) return url.slice(0, 120);
  const [, inPackage] = /^.*\/node_modules\/(.+)$/u.exec(path) ?? [];
  if (inPackage !== undefined) return `npm:${inPackage}`;
  const root = packageRoot(dirname(path));
  return root === undefined ? basename(path) : relative(root, path);
}

function pathOf(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  try {
    return url.startsWith('file:') ? fileURLToPath(url) : undefined;
  } catch {
    return undefined;
  }
}

/** The nearest folder upward that holds a package.json with a name: one without only marks files as modules. */
function packageRoot(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest) && hasName(manifest)) return at;
    if (dirname(at) === at) return undefined;
  }
}

function hasName(manifest: string): boolean {
  try {
    return typeof (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name === 'string';
  } catch {
    return false;
  }
}

/** The frame without its line: what stays the same when the file is edited above it. */
export function withoutLine(frame: string): string {
  return frame.replace(/:\d+\)$/u, ')');
}

/** "broadcast" of "broadcast (src/room.js:12)". */
export function functionOf(frame: string): string {
  const at = frame.lastIndexOf(' (');
  return at > 0 && frame.endsWith(')') ? frame.slice(0, at) : frame;
}

/** "src/room.js:12" of "broadcast (src/room.js:12)"; empty where the frame has no place. */
export function placeOfFrame(frame: string): string {
  const at = frame.lastIndexOf(' (');
  return at > 0 && frame.endsWith(')') ? frame.slice(at + 2, -1) : '';
}

/** Whose code a frame is, by its name alone. */
export function kindOf(frame: string): FrameKind {
  if (frame === '(garbage collector)') return 'gc';
  const place = placeOfFrame(frame);
  if (place === '' || place.startsWith('[')) return 'native';
  if (place.startsWith('node:')) return 'node';
  if (place.startsWith('npm:')) return 'package';
  return /\.(?:[cm]?[jt]sx?)(?::\d+)?$/u.test(place) ? 'own' : 'native';
}
