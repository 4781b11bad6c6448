import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Report } from '../../src/report/report.js';
import { type CookbookServers, cookbookServers } from './cookbook-servers.js';
import { gwrk, repository } from './gwrk-process.js';

const page = readFileSync(join(repository, 'docs/cookbook.md'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'gwrk-cookbook-'));
let servers: CookbookServers;
before(async () => {
  servers = await cookbookServers();
});
after(() => {
  servers.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Job {
  readonly title: string;
  readonly text: string;
  readonly commands: readonly string[];
}

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gmsu'))].map(([, block]) => block!);

const jobs: readonly Job[] = page
  .split(/^## /mu)
  .slice(1)
  .map((text) => ({ title: text.split('\n', 1)[0]!, text, commands: blocks(text, 'sh').flatMap((block) => block.trimEnd().split('\n')) }));

/** A command of the page with less load, for a shorter time, against our servers and with files in a directory of our own. */
function small(command: string): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/gu)].map((match) => match[1] ?? match[2]!).slice(1);
  const shorter: Readonly<Record<string, string>> = { '-c': '10', '-d': '2s', '--step-time': '2s', '--to': '100' };
  const changed = words.map(
    (word, i) => shorter[words[i - 1]!] ?? here(/^[\w-]+\.(yaml|xml|md)$/u.test(word) ? join(directory, word) : word),
  );
  if (words.includes('--find-max')) return [...changed, '--from', '100'];
  if (!words.some((word) => word.endsWith('.yaml'))) return changed;
  const isStorm = words.includes('storm.yaml');
  const variables = {
    CLIENTS: words.includes('players.yaml') ? 3 : 20,
    HOLD: isStorm ? '6s' : words.includes('chat.yaml') ? '4500ms' : '3s',
    RAMP: '1s',
    STORM: '3s',
    RATE: 20,
  };
  const used = Object.entries(variables).filter(([name]) => fileOf(words).includes(`${name}:`));
  return [...changed, '--no-thresholds', ...used.flatMap(([name, value]) => ['-e', `${name}=${value}`])];
}

const fileOf = (words: readonly string[]): string => readFileSync(join(directory, words.find((word) => word.endsWith('.yaml'))!), 'utf8');

/** The page's times for answers are those of a machine that has nothing else to do. */
const here = (text: string): string =>
  text
    .replace(/127\.0\.0\.1:(\d+)/gu, (_, port: string) => `127.0.0.1:${servers.ports[port]}`)
    .replace(/\bwithin: \d+s\b/gu, 'within: 20s');

function writeFiles({ text }: Job): void {
  for (const yaml of blocks(text, 'yaml')) writeFileSync(join(directory, /^# (\S+\.yaml)$/mu.exec(yaml)![1]!), here(yaml));
  for (const csv of blocks(text, 'csv')) writeFileSync(join(directory, 'players.csv'), csv);
}

const countOf = ({ metrics }: Report, name: string): number => {
  const metric = metrics[name];
  return metric?.type === 'counter' || metric?.type === 'trend' ? metric.count : Number.NaN;
};

/** What each job is about, seen in its report and at the servers. */
const shown: Readonly<Record<string, (report: Report) => void>> = {
  1: ({ ledger }) => assert.ok(ledger.ok > 90, `${ledger.ok} answers`),
  2: (report) => {
    assert.equal(countOf(report, 'http_reqs'), 20);
    for (let client = 0; client < 20; client++) assert.ok(servers.tokens.has(`Bearer token-of-player-${client}`), `client ${client}`);
  },
  3: ({ ledger, matching }) => {
    assert.ok(ledger.ok > 20 * 5);
    assert.equal(servers.strangers, 0, 'every order has the session of its client');
    assert.deepEqual(
      matching.map(({ by }) => by),
      ['json /id', 'json /id'],
    );
  },
  4: () => assert.deepEqual(servers.words, new Set(Array.from({ length: 20 }, (_, client) => `client ${client}`))),
  5: ({ delivery }) => {
    assert.ok(delivery !== undefined && delivery.sent >= 20);
    assert.deepEqual([delivery.reach, delivery.expected], [1, delivery.received]);
  },
  6: (report) => {
    assert.equal(countOf(report, 'storm_losses'), 10);
    assert.equal(countOf(report, 'storm_recovery'), 10);
    assert.equal(countOf(report, 'storm_unrecovered'), 0);
  },
  7: (report) => {
    assert.equal(report.clients.planned, 60);
    assert.equal(countOf(report, 'dropped_iterations'), 0);
  },
  8: () => {
    assert.deepEqual(servers.names, new Set(['ada', 'grace', 'linus']));
    for (const token of ['t-1001', 't-1002', 't-1003']) assert.ok(servers.tokens.has(`Bearer ${token}`));
  },
  9: ({ findMax }) => assert.ok(findMax !== undefined && findMax.probes.length > 0),
  10: () => {
    assert.match(readFileSync(join(directory, 'junit.xml'), 'utf8'), /<testsuite/u);
    assert.match(readFileSync(join(directory, 'summary.md'), 'utf8'), /^# gate: /u);
  },
};

describe('docs/cookbook.md', { concurrency: 2 }, () => {
  test('has ten jobs, each with a command, and each on less than a screen', () => {
    assert.deepEqual(
      Object.keys(shown),
      jobs.map(({ title }) => /^(\d+)\. /u.exec(title)?.[1]),
    );
    for (const { title, text, commands } of jobs) {
      assert.ok(commands.length > 0, title);
      assert.ok(text.split('\n').length <= 55, `${title} has ${text.split('\n').length} lines`);
    }
  });

  for (const job of jobs)
    test(job.title, async () => {
      writeFiles(job);
      for (const command of job.commands) {
        const { code, report, stderr } = await gwrk(small(command));
        // 111: this machine was too busy to keep the plan's time. 99: of a search, even its first load missed the bound.
        assert.ok(code === 0 || code === 111 || (code === 99 && command.includes('--find-max')), `${command}\n${stderr}`);
        assert.ok(report, stderr);
        assert.deepEqual(report.errors, [], `${command}\n${stderr}`);
        assert.equal(report.clients.failed + report.clients.lost, 0, stderr);
        shown[Number.parseInt(job.title, 10)]!(report);
      }
    });

  test('the gate of job 10 fails a build by exit code 99, and says in JUnit which threshold did not hold', async () => {
    writeFiles(jobs[9]!);
    const words = small(jobs[9]!.commands[0]!).filter((word) => word !== '--no-thresholds');
    const { code, report, reason } = await gwrk([...words, '-e', 'P99=0']);
    assert.ok(code === 99 || code === 111, reason);
    assert.equal(report?.thresholds.find(({ metric }) => metric === 'ws_msg_rtt')?.verdict, 'fail');
    assert.match(readFileSync(join(directory, 'junit.xml'), 'utf8'), /<failure/u);
  });
});
