import { type FlameNode, flameTree } from './flame-graph.js';
import { functionOf } from './frame-name.js';
import { escapeMarkup } from './markup.js';

export interface IcicleOptions {
  readonly title: string;
  /** Pixels. */
  readonly width?: number;
  /** A file of its own brings its background; a picture within a page takes the page's. */
  readonly isStandalone: boolean;
}

/** Fills that dark text can be read on, in a light page as in a dark one. */
const FILLS = { own: '#f2994a', package: '#4fb3bf', node: '#8bc37a', native: '#a9b3bd', gc: '#e57373' } as const;

const ROW = 20;
const HEAD = 30;
const FOOT = 26;
/** Deeper rows of a picture are too narrow to say anything. */
const DEEPEST = 40;
const NARROWEST = 1.5;
/** Of the narrow sans-serif at 11 pixels. */
const CHARACTER = 6.3;

/**
 * A picture of the stacks, the outermost frame on top: static, without script and style sheet, so that it stands in a README
 * as in a page with a strict policy. What is narrower than 1.5 pixels is left out.
 */
export function icicleSvg(stacks: ReadonlyMap<string, number>, { title, width = 1200, isStandalone }: IcicleOptions): string {
  const root = flameTree(stacks);
  const rows: string[] = [];
  let deepest = 0;
  const scale = root.valueUs > 0 ? width / root.valueUs : 0;
  const draw = (node: FlameNode, x: number, depth: number): void => {
    const wide = node.valueUs * scale;
    if (wide < NARROWEST || depth > DEEPEST) return;
    deepest = Math.max(deepest, depth);
    rows.push(frameMarkup(node, x, HEAD + depth * ROW, wide, node.valueUs / root.valueUs));
    let left = x;
    for (const child of sortedChildren(node)) {
      draw(child, left, depth + 1);
      left += child.valueUs * scale;
    }
  };
  let left = 0;
  for (const child of sortedChildren(root)) {
    draw(child, left, 0);
    left += child.valueUs * scale;
  }
  const height = HEAD + (deepest + 1) * ROW + FOOT;
  const ink = isStandalone ? '#1b1f24' : 'currentColor';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="${escapeMarkup(title)}" font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" font-size="11">`,
    isStandalone ? `<rect width="${width}" height="${height}" rx="4" fill="#f6f7f9"/>` : '',
    `<text x="6" y="19" font-size="14" font-weight="600" fill="${ink}">${escapeMarkup(title)}</text>`,
    ...rows,
    ...legend(height - 8, ink),
    '</svg>',
  ].join('\n');
}

/** Widest first: the eye begins at the left. */
function sortedChildren(node: FlameNode): FlameNode[] {
  return [...node.children.values()].sort((a, b) => b.valueUs - a.valueUs);
}

function frameMarkup(node: FlameNode, x: number, y: number, wide: number, share: number): string {
  const name = functionOf(node.frame);
  const room = Math.floor((wide - 8) / CHARACTER);
  const label = name.length <= room ? name : room >= 4 ? `${name.slice(0, room - 1)}…` : '';
  const text = label === '' ? '' : `<text x="${at(x + 4)}" y="${y + 14}" fill="#1b1f24">${escapeMarkup(label)}</text>`;
  const tip = `<title>${escapeMarkup(node.frame)}: ${(share * 100).toFixed(1)} %</title>`;
  const box = `<rect x="${at(x)}" y="${y}" width="${at(Math.max(0.5, wide - 0.7))}" height="${ROW - 1}" rx="1.5" fill="${FILLS[node.kind]}"/>`;
  return `<g>${tip}${box}${text}</g>`;
}

function legend(y: number, ink: string): string[] {
  const words = [
    ['own', 'own code'],
    ['package', 'packages'],
    ['node', 'Node'],
    ['native', 'native, V8, kernel'],
    ['gc', 'garbage collector'],
  ] as const;
  let x = 6;
  return words.map(([kind, word]) => {
    const item = `<rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="${FILLS[kind]}"/><text x="${x + 14}" y="${y}" fill="${ink}">${word}</text>`;
    x += 30 + word.length * CHARACTER;
    return item;
  });
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}
