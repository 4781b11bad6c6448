import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FileSource, type WatchDirectory } from '../../../reference-server/rules/sources/file-source.js';
import { Rig, rulesOf, until } from './rig.js';

const DEBOUNCE_MS = 50;
const STAT_MS = 2_000;

let directory: string;
let path: string;
let rig: Rig;

async function follow(at: string = path, watchDirectory?: WatchDirectory): Promise<void> {
  rig?.source.stop();
  rig = new Rig((timers) => new FileSource(at, { timers, ...(watchDirectory && { watchDirectory }) }));
  rig.start();
  await until('the first reading', () => rig.applied.length > 0 || rig.receiver.error !== undefined);
}

/** Waits for the kernel to tell of a change. */
const untilSeen = (): Promise<void> => until('the change is seen', () => rig.timers.waiting[0]! <= DEBOUNCE_MS);

/** The change that was just made comes into force. */
async function passes(threshold: number): Promise<void> {
  await until(`limit ${threshold}`, () => {
    if (rig.timers.waiting[0]! <= DEBOUNCE_MS) rig.timers.advance(DEBOUNCE_MS);
    return rig.applied.at(-1) === threshold;
  });
}

/** As editors and configuration tools do it. */
function replaceAtomically(text: string, target: string = path): void {
  writeFileSync(`${target}.new~`, text);
  renameSync(`${target}.new~`, target);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gwrk-rules-'));
  path = join(directory, 'rules.json');
  writeFileSync(path, rulesOf(1));
  await follow();
});
afterEach(() => {
  rig.source.stop();
  assert.deepEqual(rig.timers.waiting, [], 'stop() leaves a timer');
  rmSync(directory, { recursive: true, force: true });
});

test('the text at the start is in force', () => {
  assert.deepEqual(rig.applied, [1]);
  assert.equal(rig.receiver.inForce.source, path);
});

test('a file that is written in place comes into force', async () => {
  writeFileSync(path, rulesOf(2));
  await passes(2);
});

test('a file that is replaced by an atomic rename comes into force, ten times running', async () => {
  for (let limit = 2; limit <= 11; limit++) {
    replaceAtomically(rulesOf(limit));
    await passes(limit);
  }
  assert.deepEqual(rig.applied, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('a writer that needs several steps is read once, when it has been still for 50 ms', async () => {
  const text = rulesOf(2);
  truncateSync(path);
  await untilSeen();
  rig.timers.advance(DEBOUNCE_MS - 1);
  writeFileSync(path, text.slice(0, 10));
  await until('the debounce begins anew', () => rig.timers.waiting[0] === DEBOUNCE_MS);
  rig.timers.advance(DEBOUNCE_MS - 1);
  writeFileSync(path, text);
  await until('the debounce begins anew', () => rig.timers.waiting[0] === DEBOUNCE_MS);
  assert.deepEqual(rig.events.length, 1);
  await passes(2);
  assert.deepEqual(
    rig.events.map(({ event }) => event),
    ['rules.applied', 'rules.applied'],
  );
});

test('a writer that never rests is read after 200 ms all the same', async () => {
  let touched = 1_000_000_000;
  for (let spentMs = 0; spentMs < 200; spentMs += 40) {
    const waits = rig.timers.waiting[0];
    utimesSync(path, touched, ++touched);
    await until('the change is seen', () => rig.timers.waiting[0] !== waits || spentMs >= 160);
    if (spentMs === 0) writeFileSync(path, rulesOf(3));
    rig.timers.advance(40);
  }
  await rig.waitForLimit(3);
});

test('a file that was just emptied is not judged for half a second, and is refused when it stays so', async () => {
  truncateSync(path);
  await untilSeen();
  rig.timers.advance(DEBOUNCE_MS);
  await until('the second look is planned', () => rig.timers.waiting.includes(500));
  assert.equal(rig.receiver.error, undefined);
  rig.timers.advance(500);
  await rig.waitForError('refused');
  assert.deepEqual(rig.applied, [1]);
  writeFileSync(path, rulesOf(2));
  await passes(2);
  assert.equal(rig.receiver.error, undefined);
});

test('a file that is deleted leaves its rules in force, says so once, and is followed when it is back', async () => {
  unlinkSync(path);
  await untilSeen();
  rig.timers.advance(DEBOUNCE_MS);
  await rig.waitForError('unreadable');
  assert.match(rig.receiver.error!.reason, /ENOENT/u);
  rig.timers.advance(3 * STAT_MS);
  assert.equal(rig.events.filter(({ event }) => event === 'rules.unreadable').length, 1);
  assert.deepEqual(rig.applied, [1]);
  replaceAtomically(rulesOf(2));
  await passes(2);
  assert.equal(rig.receiver.error, undefined);
});

test('a file that comes back with the same text is no news but that it can be read', async () => {
  unlinkSync(path);
  await untilSeen();
  rig.timers.advance(DEBOUNCE_MS);
  await rig.waitForError('unreadable');
  writeFileSync(path, rulesOf(1));
  await untilSeen();
  rig.timers.advance(DEBOUNCE_MS);
  await rig.waitUntilReadable();
  assert.deepEqual(rig.applied, [1]);
});

test('a bad text keeps the last good rules until a good one comes', async () => {
  replaceAtomically('[{"resource":"login","threshold":2},]');
  await untilSeen();
  rig.timers.advance(DEBOUNCE_MS);
  await rig.waitForError('refused');
  assert.match(rig.receiver.error!.reason, /not JSON/u);
  assert.deepEqual(rig.applied, [1]);
  replaceAtomically(rulesOf(1));
  await until('the error is over', () => {
    if (rig.timers.waiting[0]! <= DEBOUNCE_MS) rig.timers.advance(DEBOUNCE_MS);
    return rig.receiver.error === undefined;
  });
  assert.deepEqual(rig.applied, [1], 'the text in force again is no new version');
});

test('a Kubernetes ConfigMap is followed when its ..data link is swapped', async () => {
  const volume = join(directory, 'volume');
  mkdirSync(join(volume, '..2026_01'), { recursive: true });
  writeFileSync(join(volume, '..2026_01/rules.json'), rulesOf(5));
  symlinkSync('..2026_01', join(volume, '..data'));
  symlinkSync('..data/rules.json', join(volume, 'rules.json'));
  await follow(join(volume, 'rules.json'));
  assert.deepEqual(rig.applied, [5]);
  mkdirSync(join(volume, '..2026_02'));
  writeFileSync(join(volume, '..2026_02/rules.json'), rulesOf(6));
  symlinkSync('..2026_02', join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
  rmSync(join(volume, '..2026_01'), { recursive: true });
  await passes(6);
  assert.equal(rig.receiver.error, undefined);
});

test('a link that is turned to another file is followed', async () => {
  const link = join(directory, 'link.json');
  writeFileSync(join(directory, 'b.json'), rulesOf(2));
  symlinkSync('rules.json', link);
  await follow(link);
  symlinkSync('b.json', join(directory, 'link.tmp'));
  renameSync(join(directory, 'link.tmp'), link);
  await passes(2);
});

test("an editor's temporary files and other files of the directory are not read", async () => {
  for (const name of ['.rules.json.swp', 'rules.json~', '4913', '#rules.json#', 'other.json']) {
    writeFileSync(join(directory, name), rulesOf(666));
    unlinkSync(join(directory, name));
  }
  writeFileSync(path, rulesOf(2));
  await passes(2);
  assert.deepEqual(rig.applied, [1, 2]);
});

test('without a watch a change is found by the look every two seconds', async () => {
  const noWatch: WatchDirectory = () => {
    throw new Error('ENOSPC: System limit for number of file watchers reached');
  };
  await follow(path, noWatch);
  writeFileSync(path, rulesOf(2));
  assert.deepEqual(rig.timers.waiting, [STAT_MS]);
  rig.timers.advance(STAT_MS);
  await rig.waitForLimit(2);
});

test('a directory that is replaced is watched anew, and a watch that broke is made again', async () => {
  let watches = 0;
  let breakIt = (): void => {};
  const counted: WatchDirectory = (_directory, _onEvent, onError) => {
    watches++;
    breakIt = onError;
    return { close() {} };
  };
  const folder = join(directory, 'a/b');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'rules.json'), rulesOf(1));
  await follow(join(folder, 'rules.json'), counted);
  rig.timers.advance(STAT_MS);
  assert.equal(watches, 1);
  renameSync(folder, join(directory, 'a/old'));
  mkdirSync(folder);
  writeFileSync(join(folder, 'rules.json'), rulesOf(2));
  rig.timers.advance(STAT_MS);
  await rig.waitForLimit(2);
  assert.equal(watches, 2);
  breakIt();
  rig.timers.advance(STAT_MS);
  assert.equal(watches, 3);
});

test('a text that is not UTF-8, a text over 1 MiB, a directory and a pipe are told as what they are', async () => {
  const bad: [write: () => void, says: RegExp][] = [
    [() => writeFileSync(path, Buffer.from([0x5b, 0xff, 0x5d])), /not UTF-8/u],
    [() => writeFileSync(path, ' '.repeat(1_048_577)), /larger than 1048576 bytes/u],
    [() => mkdirSync(path), /is not a file/u],
    [() => execFileSync('mkfifo', [path]), /is not a file/u],
  ];
  for (const [write, says] of bad) {
    rmSync(path, { recursive: true });
    write();
    await until(String(says), () => {
      if (rig.timers.waiting[0]! <= DEBOUNCE_MS) rig.timers.advance(DEBOUNCE_MS);
      return says.test(rig.receiver.error?.reason ?? '');
    });
    assert.deepEqual(rig.applied, [1]);
  }
});

test('stop() ends the watch: what another watch of the file sees is not heard any more', async () => {
  const stopped = rig;
  const stoppedTimers = rig.timers;
  await follow(); // stops the one before
  assert.notEqual(rig, stopped);
  writeFileSync(path, rulesOf(2));
  await passes(2);
  stoppedTimers.advance(10 * STAT_MS);
  assert.deepEqual(stoppedTimers.waiting, []);
  assert.deepEqual(stopped.applied, [1]);
});
