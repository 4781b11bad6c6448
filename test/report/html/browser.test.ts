import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { buildComparison } from '../../../src/report/compare/comparison.js';
import { type PageOptions, renderHtml } from '../../../src/report/html/page.js';
import type { Report } from '../../../src/report/report.js';
import { noChromium, startChromium, type Watched, watchedPage } from './chromium.js';
import { longRun } from './long-run.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-page-'));
const file = pathToFileURL(join(directory, 'index.html')).href;

const picture = {
  title: 'Flame graph',
  svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><rect width="9" height="9"/></svg>',
  alt: 'flames',
};

/** Five slower runs before, and five like this one. */
function baselineOf(): NonNullable<PageOptions['baseline']> {
  const runs = (count: number, slower: number): { path: string; report: Report }[] =>
    Array.from({ length: count }, (_, index) => ({
      path: `run-${index}`,
      report: longRun(100, { seed: index + 2, slower: slower + index / 50 }),
    }));
  const before = { path: 'before', runs: runs(5, 1.5) };
  return { comparison: buildComparison([before, { path: 'after', runs: runs(5, 1) }], { force: true }), report: before.runs[4]!.report };
}

describe('the page in Chromium', { skip: noChromium }, () => {
  let browser: Browser;
  before(async () => {
    writeFileSync(join(directory, 'index.html'), renderHtml(longRun(120), { baseline: baselineOf(), pictures: [picture] }));
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });

  async function open(options: BrowserContextOptions = {}): Promise<Watched> {
    const watched = await watchedPage(browser, { viewport: { width: 1280, height: 900 }, ...options });
    await watched.page.goto(file);
    return watched;
  }

  it('opens without an error, a refusal of its policy, a dialog or a request', async () => {
    const { page, complaints, requests, dialogs } = await open();
    await page.mouse.move(400, 900);
    assert.deepEqual({ complaints, requests, dialogs }, { complaints: [], requests: [], dialogs: [] });
    await page.context().close();
  });

  it('sees when a script is not the one that the policy names', async () => {
    const tampered = join(directory, 'tampered.html');
    writeFileSync(tampered, renderHtml(longRun(20)).replace('</body>', '<script>alert(2)</script></body>'));
    const { page, complaints, dialogs } = await open();
    await page.goto(pathToFileURL(tampered).href);
    assert.equal(complaints.length, 1);
    assert.match(complaints[0]!, /Content Security Policy/u);
    assert.deepEqual(dialogs, []);
    await page.context().close();
  });

  it('draws every chart, and none of them is blank', async () => {
    const { page } = await open();
    const inks = await page.$$eval('figure[data-chart] canvas', (canvases) =>
      canvases.map((canvas) => {
        const { width, height } = canvas as unknown as { width: number; height: number };
        type Image = { readonly data: Uint8ClampedArray };
        const context = (
          canvas as unknown as { getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): Image } }
        ).getContext('2d');
        const { data } = context.getImageData(0, 0, width, height);
        const colors = new Set<number>();
        for (let i = 0; i < data.length; i += 4) if (data[i + 3]! > 200) colors.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
        return colors.size;
      }),
    );
    assert.ok(inks.length >= 13, `${inks.length} charts`);
    for (const colors of inks) assert.ok(colors >= 3, String(inks));
    const figures = await page.locator('figure[data-chart]').count();
    assert.equal(inks.length, figures, 'one canvas a figure');
    await page.context().close();
  });

  it('reads one moment in all charts by the arrow keys, and hides a line by its button', async () => {
    const { page } = await open();
    await page.locator('[data-chart="messages"] div.live').focus();
    for (let press = 0; press < 30; press++) await page.keyboard.press('ArrowRight');
    const moments = await page.locator('[data-group="time"] .moment').allTextContents();
    assert.equal(new Set(moments).size, 1, String(moments));
    assert.match(moments[0]!, /^00:(29|30|31)$/u);
    assert.match(await page.locator('[data-chart="connections"] .legend.live').innerText(), /open\s+10,000/u);
    const button = page.locator('[data-chart="connections"] .legend.live button').first();
    await button.focus();
    await page.keyboard.press('Enter');
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    await page.context().close();
  });

  it('is read without JavaScript: verdict, tables and drawings of all charts', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    const text = await page.locator('body').innerText();
    for (const words of [
      'Failed',
      'threshold ws_msg_rtt',
      'p(99)<20',
      'session_ready',
      'ECONNRESET',
      'Before and after',
      'Message response time',
    ])
      assert.ok(text.includes(words), words);
    const drawings = page.locator('figure[data-chart] svg.drawing');
    assert.ok((await drawings.count()) >= 13);
    for (const drawing of await drawings.all()) assert.ok(await drawing.isVisible());
    await page.context().close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`keeps its texts readable in ${colorScheme}, and fits 390 px without scrolling sideways`, async () => {
      const { page, complaints } = await open({ colorScheme, viewport: { width: 390, height: 800 } });
      const [content, window] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as [number, number];
      assert.ok(content <= window, `${content} px in ${window}`);
      const ratios = (await page.evaluate(CONTRASTS)) as Record<string, number>;
      for (const [selector, ratio] of Object.entries(ratios)) assert.ok(ratio >= 4.5, `${selector}: ${ratio.toFixed(2)}`);
      assert.ok(Object.keys(ratios).length >= 8);
      const back = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string;
      const light = Number(/\d+/u.exec(back)![0]);
      assert.ok(colorScheme === 'light' ? light > 200 : light < 60, back);
      assert.deepEqual(complaints, []);
      await page.context().close();
    });

  it('prints: drawings in place of canvases, all of it on paper', async () => {
    const { page } = await open({ colorScheme: 'dark' });
    const pdf = await page.pdf({ format: 'A4' });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/gu)?.length ?? 0;
    assert.ok(pages >= 3 && pages <= 12, `${pages} pages`);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('canvas').first().isVisible(), false);
    assert.equal(await page.locator('figure[data-chart] svg.drawing').first().isVisible(), true);
    assert.equal(await page.evaluate('getComputedStyle(document.body).backgroundColor'), 'rgb(255, 255, 255)');
    await page.context().close();
  });
});

/** The contrast (WCAG 2) of texts against what lies behind them, by selector. */
const CONTRASTS = `(() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => { for (let at = node; at; at = at.parentElement) { const back = parts(getComputedStyle(at).backgroundColor); if (back.length < 4 || back[3] > 0) return back; } return [255, 255, 255]; };
  const selectors = ['h1', 'header .facts', '.verdict strong', '.verdict p', '.verdict .exit', '.tiles .name', '.tiles strong', '.tiles .below', 'figcaption', '.legend.live button', 'td', 'thead th', '.mark', 'nav a', 'footer', '.footnote', 'dl.facts dt'];
  return Object.fromEntries(selectors.map((selector) => {
    const node = document.querySelector(selector);
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    return [selector, (a + 0.05) / (b + 0.05)];
  }));
})()`;
