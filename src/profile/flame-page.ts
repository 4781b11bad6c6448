import { readFileSync } from 'node:fs';
import { readD3Bundle } from './d3-bundle.js';
import { kindOf } from './frame-name.js';
import { hotFunctions, renderHotFunctions } from './hot-functions.js';
import { icicleSvg } from './icicle-svg.js';
import { embeddedJson, escapeMarkup, policyHash } from './markup.js';
import { framesOf } from './stacks.js';

/** One graph of a page: a thread, or one side of a difference. */
export interface FlameTab {
  readonly name: string;
  /** Beside the name: the share of the whole. */
  readonly share: string;
  /** A sentence above the table. */
  readonly hint: string;
  readonly stacks: ReadonlyMap<string, number>;
  /** Of a difference: how much more (less: negative) a stack is after than before. */
  readonly deltas?: ReadonlyMap<string, number>;
  /** The widths are those of before. */
  readonly isBefore?: boolean;
  /** Of a difference: rows of the table, largest change first. */
  readonly changes?: readonly { readonly frame: string; readonly before: number; readonly after: number }[];
}

export interface FlamePage {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly notes: readonly string[];
  readonly tabs: readonly FlameTab[];
  /** Of a difference: what values are divided by, "a message". */
  readonly per?: string;
  /** Files beside the page. */
  readonly links: readonly (readonly [href: string, text: string])[];
}

const MOST_ROWS = 100;
const KIND_LETTERS = { own: 'o', package: 'p', node: 'n', native: 'v', gc: 'g' } as const;

/** The page as one file that needs nothing from anywhere else: no address in it is fetched, and its policy allows none. */
export function renderFlamePage(page: FlamePage): string {
  const bundle = readD3Bundle();
  const script = asset('flame-page.js');
  const style = asset('flame-page.css');
  const styles = [style, ...(bundle.injectedStyle === undefined ? [] : [bundle.injectedStyle])].map(policyHash).join(' ');
  const policy = `default-src 'none'; script-src ${policyHash(bundle.script)} ${policyHash(script)}; style-src ${styles}; base-uri 'none'; form-action 'none'`;
  const isDifference = page.per !== undefined;
  const heads = isDifference ? ['Function', 'Before', 'After', 'Change', ''] : ['Function', 'Self time', 'Self', 'Total'];
  const first = page.tabs[0]!;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeMarkup(page.title)}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escapeMarkup(page.title)}</h1><button type="button" id="theme">Dark</button></header>
<dl class="facts">${page.facts.map(([name, value]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`).join('')}</dl>
${notes(page.notes)}<section aria-label="Flame graph">
<div id="tabs" role="tablist" hidden></div>
<div id="tools" hidden><input id="search" type="search" placeholder="Find a function or file ( / )" aria-label="Find a function or file" autocomplete="off" spellcheck="false"><button type="button" id="reset" disabled>Zoom out</button><span id="matched" role="status"></span></div>
<div id="chart"></div>
<div id="picture">${icicleSvg(first.stacks, { title: first.name, isStandalone: false })}<pre>${isDifference ? '' : escapeMarkup(renderHotFunctions(first.stacks, 30))}</pre></div>
<p id="details" aria-live="polite"></p>
${legend(isDifference)}
</section>
<section class="live-only"><h2>${isDifference ? 'Largest changes of a function’s own time' : 'Functions by their own time'}</h2>
<p id="hint"></p>
<div class="scroll"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody id="rows"></tbody></table></div>
<p><button type="button" id="all-rows" hidden>Show more</button></p>
</section>
<footer>${footer(page.links)}</footer>
<script type="application/json" id="profile">${embeddedJson({ isDifference, per: page.per ?? '', tabs: page.tabs.map(tabData) })}</script>
<script>${bundle.script}</script>
<script>${script}</script>
</body>
</html>
`;
}

function tabData({ name, share, hint, stacks, deltas, isBefore, changes }: FlameTab): unknown {
  const frames: string[] = [];
  const ids = new Map<string, number>();
  const idOf = (frame: string): number => {
    let id = ids.get(frame);
    if (id === undefined) {
      id = frames.push(frame) - 1;
      ids.set(frame, id);
    }
    return id;
  };
  const lines = [...stacks]
    .filter(([stack, weight]) => weight > 0 || (deltas?.get(stack) ?? 0) !== 0) // what has vanished still counts in its callers
    .map(([stack, weight]) => [framesOf(stack).map(idOf), round(weight), ...(deltas ? [round(deltas.get(stack) ?? 0)] : [])]);
  const rows = changes
    ? changes.slice(0, MOST_ROWS).map(({ frame, before, after }) => [idOf(frame), round(before), round(after)])
    : hotFunctions(stacks)
        .filter(({ selfUs }) => selfUs > 0)
        .slice(0, MOST_ROWS)
        .map(({ frame, selfUs, totalUs }) => [idOf(frame), round(selfUs), round(totalUs)]);
  return {
    name,
    share,
    hint,
    isBefore: isBefore === true,
    frames,
    kinds: frames.map((frame) => KIND_LETTERS[kindOf(frame)]).join(''),
    stacks: lines,
    rows,
  };
}

function notes(texts: readonly string[]): string {
  return texts.length === 0 ? '' : `<div class="notes">${texts.map((text) => `<p>${escapeMarkup(text)}</p>`).join('')}</div>\n`;
}

function legend(isDifference: boolean): string {
  const words = isDifference
    ? [
        ['grown', 'more than before'],
        ['new', 'new'],
        ['shrunk', 'less than before'],
        ['same', 'the same'],
      ]
    : [
        ['own', 'own code'],
        ['package', 'packages'],
        ['node', 'Node'],
        ['native', 'native, V8, kernel'],
        ['gc', 'garbage collector'],
      ];
  return `<ul class="legend">${words.map(([name, word]) => `<li><i class="${name}"></i>${word}</li>`).join('')}</ul>`;
}

function footer(links: readonly (readonly [string, string])[]): string {
  const list = links.map(([href, text]) => `<a href="${escapeMarkup(href)}">${escapeMarkup(text)}</a>`).join(' · ');
  return `<p>A click on a frame zooms in, <kbd>Esc</kbd> out; <kbd>/</kbd> finds. The outermost function is on top; a frame is as wide as its share of the time.</p>${list === '' ? '' : `<p>Beside this page: ${list}</p>`}`;
}

function asset(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
