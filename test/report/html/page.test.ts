import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildComparison } from '../../../src/report/compare/comparison.js';
import { renderHtml } from '../../../src/report/html/page.js';
import { buildReport } from '../../../src/report/report.js';
import { root } from '../../house/source-tree.js';
import { sampleRun } from '../sample-run.js';
import { longRun } from './long-run.js';

interface PageData {
  readonly time: { readonly x: number[]; readonly phases: { name: string; from: number; until: number }[]; readonly charts: ChartData[] };
}
interface ChartData {
  readonly id: string;
  readonly lines: { label: string; before?: boolean; values: (number | null)[] }[];
}

const dataOf = (html: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/u.exec(html)![1]!) as PageData;
const before = longRun(600, { seed: 2, slower: 1.5 });
const baseline = {
  comparison: buildComparison([
    { path: 'a', runs: [{ path: 'a', report: before }] },
    { path: 'b', runs: [{ path: 'b', report: longRun() }] },
  ]),
  report: before,
};

describe('index.html', () => {
  it('is below 400 KB for ten minutes at a second a step, with a baseline too', () => {
    for (const html of [renderHtml(longRun(600)), renderHtml(longRun(600), { baseline })]) {
      assert.ok(Buffer.byteLength(html) < 400_000, `${Buffer.byteLength(html)} bytes`);
      assert.equal(dataOf(html).time.x.length, 600);
    }
  });

  it('names no address but that of the target, and allows nothing but its own scripts and style by their hashes', () => {
    const html = renderHtml(longRun(30));
    assert.deepEqual(
      [...html.matchAll(/\b(?:https?|wss?|ftp):\/\/[^\s"'<]*/gu)].map(([url]) => url),
      ['ws://127.0.0.1:9000/v1/ws'],
    );
    assert.doesNotMatch(html, /\b(?:src|href|action|srcset)="(?!#|data:)/u);
    assert.doesNotMatch(html, /\sstyle="|\son[a-z]+="/u);
    const policy = /Content-Security-Policy" content="([^"]*)"/u.exec(html)![1]!;
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/gu)].map(([, text]) => hash(text!));
    const [style] = [...html.matchAll(/<style>([\s\S]*?)<\/style>/gu)].map(([, text]) => hash(text!));
    assert.equal(scripts.length, 2);
    assert.equal(
      policy,
      `default-src 'none'; script-src ${scripts.join(' ')}; style-src ${style}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
  });

  it('is made without innerHTML or its like', () => {
    const directory = join(root, 'src/report/html');
    const sources = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(ts|js)$/u.test(name));
    assert.ok(sources.some((name) => name.endsWith('charts.js')));
    for (const name of sources)
      assert.doesNotMatch(
        readFileSync(join(directory, name), 'utf8'),
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment/u,
        name,
      );
  });

  it('has the parts in their order: verdict, change, tiles, time, percentiles, thresholds, metrics, errors, environment', () => {
    const html = renderHtml(longRun(60), { baseline, pictures: [{ title: 'Flame graph', svg: '<svg/>', alt: 'flames' }] });
    const parts = [
      'class="verdict fail"',
      'id="changes"',
      'id="summary"',
      'id="time"',
      'id="percentiles"',
      'id="picture0"',
      'id="thresholds"',
      'id="metrics"',
      'id="errors"',
      'id="environment"',
    ];
    const places = parts.map((part) => html.indexOf(part));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.ok(places[0]! > 0);
  });

  it('shows a second that was missed as a gap', () => {
    const report = buildReport(sampleRun());
    const timeline = { stepMs: 1000, elapsedMs: [1000, 2000, 4000, 5000], clients_open: [1, 2, 4, 5] };
    const { x, charts } = dataOf(renderHtml({ ...report, timeline })).time;
    assert.deepEqual(x, [1, 2, 3, 4, 5]);
    assert.deepEqual(charts[0]!.lines.find(({ label }) => label === 'open')!.values, [1, 2, null, 4, 5]);
  });

  it('lays the lines of a baseline behind by the time since their own start', () => {
    const { charts } = dataOf(renderHtml(longRun(100), { baseline })).time;
    const past = charts.find(({ id }) => id === 'messages')!.lines[0]!;
    assert.deepEqual([past.before, past.label], [true, 'p99, before']);
    assert.equal(past.values[10], Number((before.timeline.ws_msg_rtt_p99 as number[])[10]!.toPrecision(4)));
  });

  it('says where ramp, hold and drain were, and what was not measured and why', () => {
    assert.deepEqual(dataOf(renderHtml(longRun(100))).time.phases, [
      { name: 'ramp', from: 0, until: 15 },
      { name: 'hold', from: 15, until: 95 },
      { name: 'drain', from: 95, until: 100 },
    ]);
    const run = sampleRun();
    const unwatched = {
      url: 'ws://127.0.0.1:9/',
      pid: null,
      rssPeakBytes: null,
      cpuSeconds: null,
      gcPerMinute: null,
      reason: 'no --target-pid',
    };
    assert.match(
      renderHtml(buildReport({ ...run, target: unwatched })),
      /Not measured: Server CPU, Server memory, [^<]*\(no --target-pid\)/u,
    );
  });

  it('is a page too for a run in which nothing was measured', () => {
    const run = sampleRun();
    for (const recorder of run.recorders) recorder.reset();
    const empty = buildReport({ ...run, durationMs: 0, timeline: { stepMs: 1000 }, interruption: { by: 'signal', reason: 'ctrl-C' } });
    assert.match(renderHtml(empty), /<strong>Interrupted<\/strong>/u);
  });

  it('draws a column that a later gwrk adds', () => {
    const report = longRun(10);
    const html = renderHtml({ ...report, timeline: { ...report.timeline, target_page_faults: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } });
    const [chart] = dataOf(html).time.charts.filter(({ id }) => id === 'server-else');
    assert.deepEqual(
      chart!.lines.map(({ label }) => label),
      ['page faults'],
    );
  });
});
