import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { buildComparison } from '../../../src/report/compare/comparison.js';
import { type PageOptions, renderHtml } from '../../../src/report/html/page.js';
import { renderJunit } from '../../../src/report/junit.js';
import { noChromium, startChromium, type Watched, watchedPage } from './chromium.js';
import { hostileReport } from './hostile-report.js';
import { PAYLOADS } from './payloads.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-hostile-'));

/** Everything that a caller may put beside the report, too. */
function hostilePage(text: string): string {
  const side = { path: text, runs: [{ path: text, report: hostileReport(text) }] };
  const options: PageOptions = {
    baseline: {
      comparison: buildComparison([side, { ...side, runs: [...side.runs, ...side.runs] }], { force: true }),
      report: hostileReport(text),
    },
    pictures: [{ title: text, svg: text, alt: text, link: { path: text, text } }],
  };
  return renderHtml(hostileReport(text), options);
}

describe(`${PAYLOADS.length} hostile texts in every place of a report, in Chromium`, { skip: noChromium }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true });
  });

  async function show(watched: Watched, html: string): Promise<{ pwned: unknown; scripts: number }> {
    const path = join(directory, 'index.html');
    writeFileSync(path, html);
    await watched.page.goto(pathToFileURL(path).href);
    return (await watched.page.evaluate('({ pwned: globalThis.pwned ?? 0, scripts: document.scripts.length })')) as {
      pwned: unknown;
      scripts: number;
    };
  }

  it('the test sees a script that runs, a dialog and a request', async () => {
    const watched = await watchedPage(browser);
    const { pwned } = await show(watched, `<body>${PAYLOADS[0]}${PAYLOADS[8]}`);
    assert.equal(pwned, 1);
    assert.equal(watched.dialogs.length, 1);
    assert.equal(watched.requests.length, 1);
    await watched.page.context().close();
  });

  it('with its policy: no script runs, nothing is asked for, nothing is even refused', async () => {
    const watched = await watchedPage(browser);
    const { pwned, scripts } = await show(watched, hostilePage(PAYLOADS.join(' ')));
    assert.deepEqual({ pwned, scripts }, { pwned: 0, scripts: 3 });
    assert.deepEqual([watched.complaints, watched.requests, watched.dialogs], [[], [], []]);
    await watched.page.context().close();
  });

  it('without its policy, each alone: still no script runs and nothing is asked for', async () => {
    assert.ok(PAYLOADS.length >= 60);
    const watched = await watchedPage(browser);
    for (const text of PAYLOADS) {
      const html = hostilePage(text).replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/u, '');
      assert.doesNotMatch(html.slice(0, 400), /<meta http-equiv/u);
      const { pwned, scripts } = await show(watched, html);
      assert.deepEqual({ pwned, scripts }, { pwned: 0, scripts: 3 }, text);
      assert.deepEqual([watched.complaints, watched.requests, watched.dialogs], [[], [], []], text);
    }
    await watched.page.context().close();
  });

  it('junit.xml is well-formed with each, and holds no element but its own', async () => {
    const { page } = await watchedPage(browser);
    for (const text of PAYLOADS) {
      const names = (await page.evaluate(
        `[...new DOMParser().parseFromString(${JSON.stringify(renderJunit(hostileReport(text)))}, 'application/xml').querySelectorAll('*')].map((one) => one.tagName)`,
      )) as string[];
      assert.deepEqual([...new Set(names)].sort(), ['failure', 'skipped', 'testcase', 'testsuite', 'testsuites'], text);
    }
    await page.context().close();
  });
});
