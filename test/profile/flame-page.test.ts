import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { renderFlamePage } from '../../src/profile/flame-page.js';
import { icicleSvg } from '../../src/profile/icicle-svg.js';
import { noChromium, startChromium } from '../report/html/chromium.js';

const HOSTILE = '</script><img src=x onerror=alert(1)>';
const stacks = new Map([
  [`main (src/a.js:1);${HOSTILE}`, 3000],
  ['main (src/a.js:1);send (npm:ws/b.js:2)', 6000],
  ['(garbage collector)', 1000],
]);
const page = renderFlamePage({
  title: `a ${HOSTILE} server`,
  facts: [['Tool', HOSTILE]],
  notes: [HOSTILE],
  tabs: [
    { name: 'main thread', share: '90 %', hint: 'x', stacks },
    { name: HOSTILE, share: '10 %', hint: HOSTILE, stacks: new Map([['other', 5]]) },
  ],
  links: [['profile.cpuprofile', 'profile.cpuprofile']],
});

test('names of functions never become markup', () => {
  assert.ok(!page.includes(HOSTILE) && !page.includes('<img'));
  assert.equal(page.match(/<script/gu)?.length, 3);
  assert.equal(page.match(/<\/script/gu)?.length, 3);
  assert.ok(!icicleSvg(stacks, { title: HOSTILE, isStandalone: true }).includes(HOSTILE));
});

test('the policy names every script and style of the page by its hash and allows nothing else', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/u.exec(page)![1]!.replaceAll('&#39;', "'");
  assert.match(
    policy,
    /^default-src 'none'; script-src ('sha256-[^']+' ?){2}; style-src ('sha256-[^']+' ?){1,2}; base-uri 'none'; form-action 'none'$/u,
  );
  const parts = [...page.matchAll(/<(?:script|style)>([\s\S]*?)<\/(?:script|style)>/gu)].map((match) => match[1]!);
  assert.equal(parts.length, 3);
  for (const part of parts) assert.ok(policy.includes(createHash('sha256').update(part).digest('base64')));
});

test('the page fetches nothing: no address in it is one that a browser would ask', () => {
  assert.doesNotMatch(page, /\b(?:src|href)\s*=\s*["']?(?:https?:)?\/\//u);
  assert.doesNotMatch(page, /url\(|@import|\bfetch\(|XMLHttpRequest|sendBeacon/u);
});

test('without JavaScript the picture and the table of functions are there', () => {
  assert.match(page, /<div id="picture"><svg/u);
  assert.match(page, /60\.0 % .* send +npm:ws\/b\.js:2/u);
});

test('in a browser the graph is drawn, searched, zoomed and told by thread, without one error', { skip: noChromium }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gwrk-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'index.html'), page);
  const browser = await startChromium();
  t.after(() => browser.close());
  for (const width of [1280, 390]) {
    const tab = await browser.newPage({ viewport: { width, height: 800 } });
    const faults: string[] = [];
    tab.on('console', (message) => faults.push(message.text()));
    tab.on('pageerror', (error) => faults.push(error.message));
    tab.on('request', (request) => {
      if (!request.url().startsWith('file:')) faults.push(request.url());
    });
    await tab.goto(pathToFileURL(join(folder, 'index.html')).href);
    await tab.waitForSelector('#chart g.frame');
    assert.equal(await tab.locator('#chart g.frame').count(), 5);
    await tab.fill('#search', 'ws/b.js');
    assert.equal(await tab.textContent('#matched'), '60.0 % matched');
    await tab.fill('#search', '');
    await tab.locator('#chart g.frame[name="send"]').click();
    assert.match((await tab.textContent('#details')) ?? '', /send \(npm:ws\/b\.js:2\): 6\.0 ms, 60\.0 %/u);
    await tab.click('#reset');
    await tab.locator('#tabs button').nth(1).click();
    assert.equal(await tab.locator('#rows tr').count(), 1);
    await tab.click('#theme');
    assert.equal(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    assert.deepEqual(faults, []);
    await tab.close();
  }
});
