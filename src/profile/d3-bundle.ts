import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What d3-flame-graph needs of d3, in the order in which one needs the other. Each adds to the global `d3`. */
const PARTS = [
  ['d3-array', 'd3-scale'],
  ['d3-color', 'd3-transition'],
  ['d3-dispatch'],
  ['d3-ease'],
  ['d3-format'],
  ['d3-hierarchy'],
  ['d3-interpolate', 'd3-transition'],
  ['d3-timer', 'd3-transition'],
  ['d3-scale'],
  ['d3-selection'],
  ['d3-transition'],
] as const;

export interface D3Bundle {
  /** One script: d3's parts and d3-flame-graph, as their packages build them for browsers. */
  readonly script: string;
  /** The style sheet that d3-flame-graph puts into the page by itself; a strict policy must name it. */
  readonly injectedStyle: string | undefined;
}

/** Reads d3-flame-graph and the parts of d3 that it came with. */
export function readD3Bundle(): D3Bundle {
  const flameEntry = createRequire(import.meta.url).resolve('d3-flame-graph');
  const theirs = createRequire(flameEntry);
  const parts = PARTS.map(([name, neededBy]) => {
    // Not a dependency of d3-flame-graph itself: the one that its part uses.
    const from = neededBy === undefined ? theirs : createRequire(theirs.resolve(neededBy));
    return readFileSync(join(dirname(from.resolve(name)), '..', 'dist', `${name}.min.js`), 'utf8');
  });
  const flame = readFileSync(join(dirname(flameEntry), 'd3-flamegraph.umd.min.js'), 'utf8');
  return { script: [...parts, flame].map(safeInElement).join('\n'), injectedStyle: injectedStyleOf(flame) };
}

/** Nothing in a script may end its element. */
function safeInElement(script: string): string {
  return script.replace(/<\/(script)/giu, '<\\/$1').replace(/<!--/gu, '<\\!--');
}

function injectedStyleOf(script: string): string | undefined {
  const literal = /\.textContent\s*=\s*("(?:[^"\\]|\\.)*"|`(?:[^`\\$]|\$(?!\{))*`)/u.exec(script)?.[1];
  if (literal === undefined) return undefined;
  return literal.startsWith('`') ? literal.slice(1, -1) : (JSON.parse(literal) as string);
}
