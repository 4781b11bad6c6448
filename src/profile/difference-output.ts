import { deltasOf, type FlameDifference, type Per, renderFoldedDifference, type Side } from './flame-difference.js';
import { renderFlamePage } from './flame-page.js';
import { functionOf, placeOfFrame } from './frame-name.js';
import { renderColumns, shortened } from './hot-functions.js';
import { IDLE, totalUs } from './stacks.js';
import { writeFiles } from './write-flame.js';

const PER = { message: 'a message', 'cpu-second': 'a second of CPU' } as const satisfies Record<Per, string>;

/** Writes index.html and difference.folded. Throws GWRK_OUTPUT_UNWRITABLE. */
export async function writeDifference(directory: string, difference: FlameDifference, before: Side, after: Side): Promise<void> {
  const deltas = deltasOf(difference);
  const per = PER[difference.per];
  const [first, second] = [totalUs(difference.before), totalUs(difference.after)];
  const page = renderFlamePage({
    title: `${before.label} → ${after.label}`,
    facts: [
      ['Before', before.label],
      ['After', after.label],
      ['Compared', `time per ${difference.per === 'message' ? 'message' : 'second of CPU'}`],
      ...(difference.per === 'message'
        ? ([
            ['CPU a message, before', microseconds(first)],
            ['CPU a message, after', `${microseconds(second)} (${percent(first, second)})`],
          ] as const)
        : []),
    ],
    notes: notesOf(before, after),
    tabs: [
      {
        name: 'After',
        share: '',
        hint: `Own time of each function per ${difference.per === 'message' ? 'message' : 'second of CPU'}, before and after. What vanished has no width here: see the tab Before.`,
        stacks: withEvery(difference.after, deltas),
        deltas,
        changes: difference.changes,
      },
      {
        name: 'Before',
        share: '',
        hint: 'Widths are those of before, so that what vanished is seen; blue has become less, red more.',
        stacks: withEvery(difference.before, deltas),
        deltas,
        isBefore: true,
        changes: difference.changes,
      },
    ],
    per,
    links: [['difference.folded', 'difference.folded']],
  });
  await writeFiles(directory, { 'index.html': page, 'difference.folded': renderFoldedDifference(difference) });
}

/** What holds for both profiles once; what holds for one, with the side that it is of. */
function notesOf({ notes: first = [] }: Side, { notes: second = [] }: Side): string[] {
  return [...new Set([...first, ...second])].map((note) => {
    if (first.includes(note) && second.includes(note)) return note;
    return `${first.includes(note) ? 'Before' : 'After'}: ${note}`;
  });
}

/** The largest changes as a table for the terminal. */
export function renderChanges({ changes, per }: FlameDifference, count = 10): string {
  const rows = changes
    .filter(({ frame }) => frame !== IDLE)
    .slice(0, count)
    .map(({ frame, before, after }) => [
      microseconds(before),
      microseconds(after),
      `${after >= before ? '+' : '−'}${microseconds(Math.abs(after - before))}`,
      percent(before, after),
      shortened(functionOf(frame), 44),
      placeOfFrame(frame),
    ]);
  return `own time per ${per === 'message' ? 'message' : 'second of CPU'}\n${renderColumns([['before', 'after', 'change', '', 'function', 'where'], ...rows], 4)}`;
}

/** All stacks of both sides: those that are only in the other one have no weight. */
function withEvery(stacks: ReadonlyMap<string, number>, deltas: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...deltas.keys()].map((stack) => [stack, stacks.get(stack) ?? 0]));
}

function microseconds(us: number): string {
  if (us === 0) return '0';
  if (us >= 10_000) return `${(us / 1000).toFixed(us >= 100_000 ? 0 : 1)} ms`;
  return `${us.toFixed(us < 10 ? 2 : us < 100 ? 1 : 0)} µs`;
}

function percent(before: number, after: number): string {
  if (before <= 0) return 'new';
  if (after <= 0) return 'gone';
  const share = (after / before - 1) * 100;
  return `${share >= 0 ? '+' : '−'}${Math.abs(share).toFixed(0)} %`;
}
