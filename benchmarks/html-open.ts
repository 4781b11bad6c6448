/**
 * node dist/benchmarks/html-open.js [--small]: how soon the page of a run of ten minutes (a second a step) can be read in Chromium:
 * from going to the file until every chart is drawn. Medians over fresh contexts of one browser.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderHtml } from '../src/report/html/page.js';
import { startChromium } from '../test/report/html/chromium.js';
import { longRun } from '../test/report/html/long-run.js';
import { line } from './gwrk.js';

const small = process.argv.includes('--small');
const ROUNDS = small ? 2 : 11;
const directory = mkdtempSync(join(tmpdir(), 'gwrk-html-open-'));
const file = join(directory, 'index.html');
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const report = longRun(small ? 60 : 600);
const renders: number[] = [];
let html = '';
for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  html = renderHtml(report);
  renders.push(performance.now() - startMs);
}
writeFileSync(file, html);

const browser = await startChromium();
const opens: number[] = [];
try {
  for (let round = 0; round < ROUNDS; round++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    // The scripts stand at the end of the body, and uPlot draws in a microtask: two frames after `load` everything is on the screen.
    const drawnMs = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))';
    opens.push((await page.evaluate(drawnMs)) as number);
    await context.close();
  }
} finally {
  await browser.close();
  rmSync(directory, { recursive: true });
}
line('size of the page', `${Math.round(Buffer.byteLength(html) / 1000)} KB`);
line('made by gwrk in', `${Math.round(median(renders))} ms`);
line('opened and drawn in', `${Math.round(median(opens))} ms`);
