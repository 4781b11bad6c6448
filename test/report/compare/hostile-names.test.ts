import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { buildComparison } from '../../../src/report/compare/comparison.js';
import { renderComparisonMarkdown } from '../../../src/report/compare/markdown.js';
import { renderComparisonPage } from '../../../src/report/compare/page.js';
import { renderComparisonTerminal } from '../../../src/report/compare/terminal.js';
import { sample, setOf } from './sample-sets.js';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><script>alert(1)</script>',
  '<!--',
  '&lt;b&gt;',
  '\u001b[31mred\u001b[0m\u001b]0;title\u0007',
  '\u202egpj.exe',
  'a | b | c',
  '[x](javascript:alert(1))',
  '![x](https://example.net/x.png)',
  'https://example.net/',
  '`code`\n# heading\n<details>',
  '{{constructor}}',
];

/** Every text of a report that others may have written, hostile. */
function hostileComparison(text: string) {
  const rate = { type: 'rate', rate: 0.5, passes: 1, fails: 1 } as const;
  const report = {
    ...sample,
    scenario: text,
    hash: text,
    startedAt: text,
    reason: text,
    verdict: 'invalid' as const,
    tags: { commit: text },
    metrics: { ...sample.metrics, [text]: rate },
    environment: { ...sample.environment, cpu: text, node: text, system: text },
    target: { ...sample.target, gcPerMinute: null, reason: text },
  };
  return buildComparison([setOf(text, report), setOf(`${text} 2`, report)], { all: true, force: true });
}

test(`${HOSTILE.length} hostile names are text on the HTML page: no element, no attribute, no address, no script`, () => {
  const harmless = renderComparisonPage(hostileComparison('name'));
  const tags = (page: string): string[] => page.match(/<[a-z!/][^>]*>/giu) ?? [];
  for (const name of HOSTILE) {
    const page = renderComparisonPage(hostileComparison(name));
    assert.deepEqual(tags(page), tags(harmless), JSON.stringify(name));
    for (const bad of [/<script/iu, /\u001b/u, /\u202e/u, /\u0007/u]) assert.doesNotMatch(page, bad, JSON.stringify(name));
  }
});

test('the page allows nothing but its own style, by its hash', () => {
  const page = renderComparisonPage(hostileComparison('name'));
  const style = /<style>([\s\S]*?)<\/style>/u.exec(page)![1]!;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = /Content-Security-Policy" content="([^"]*)"/u.exec(page)![1]!.replaceAll('&#39;', "'");
  assert.equal(policy, `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  assert.doesNotMatch(page, / (style|on\w+|src|href)=/u);
  assert.match(style, /prefers-color-scheme: dark/u);
});

test('hostile names are text in Markdown: no HTML, no link, no column of their own', () => {
  const columns = (line: string): number => line.replace(/\\\|/gu, '').split('|').length;
  for (const name of HOSTILE) {
    const markdown = renderComparisonMarkdown(hostileComparison(name));
    assert.doesNotMatch(markdown, /<[a-z!/]|(?<!\\)\]\(|:\/\/|[\u001b\u202e]/iu, JSON.stringify(name));
    const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
    assert.ok(
      rows.every((row) => columns(row) === columns(rows[0]!)),
      JSON.stringify(name),
    );
    assert.ok(markdown.split('\n').filter((line) => line.startsWith('#')).length === 1);
  }
});

test('hostile names move no cursor and set no title on the terminal', () => {
  for (const name of HOSTILE)
    assert.doesNotMatch(
      renderComparisonTerminal(hostileComparison(name), { color: false }),
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u,
    );
});
