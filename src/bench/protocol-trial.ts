/**
 * The program that `gwrk bench protocol` starts for each form of a message: node --expose-gc --min-semi-space-size=256 --max-semi-space-size=256
 * protocol-trial.js FORM SEED MILLISECONDS. Prints one line of JSON. A process of its own, so that no form profits from code that was compiled for another.
 */
import { Session } from 'node:inspector/promises';
import { Prng } from '../core/prng.js';
import { binaryView, json, type MessageForm, moves, protobuf, putFields } from './protocol-forms.js';

/** What one form costs. */
export interface ProtocolFigures {
  /** Mean over the messages. */
  readonly messageBytes: number;
  readonly writeNs: number;
  readonly readNs: number;
  /** Objects that V8 allocated for one message that is read. */
  readonly readAllocations: number;
  readonly readAllocatedBytes: number;
}

const MESSAGES = 1024;
/** Rounds over the messages within which no garbage collection may fall: 64 x 1,024 messages stay far below 256 MiB. */
const ALLOCATION_ROUNDS = 64;

const fields = new Float64Array(6);

function readAll(form: MessageForm, messages: readonly Uint8Array[]): void {
  for (const message of messages) form.read(message, fields);
}

/** Nanoseconds a message, over `ms` of work in rounds. */
function timed(ms: number, round: () => void): number {
  for (let warm = performance.now(); performance.now() - warm < ms / 4; ) round();
  let rounds = 0;
  const start = performance.now();
  let end = start;
  for (; end - start < ms; end = performance.now(), rounds++) round();
  return ((end - start) * 1e6) / (rounds * MESSAGES);
}

/** Allocations a message as V8's heap sampler sees them when it looks at every byte. */
async function allocations(form: MessageForm, messages: readonly Uint8Array[]): Promise<number> {
  const session = new Session();
  session.connect();
  const options = { samplingInterval: 1, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
  await session.post('HeapProfiler.startSampling', options);
  for (let round = 0; round < 4; round++) readAll(form, messages);
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  // Only what was allocated below this program's own readAll: the inspector itself allocates too.
  type Node = { callFrame: { functionName: string }; id: number; children: Node[] };
  const inside = new Set<number>();
  const visit = (node: Node, within: boolean): void => {
    const isWithin = within || node.callFrame.functionName === 'readAll';
    if (isWithin) inside.add(node.id);
    for (const child of node.children) visit(child, isWithin);
  };
  visit(profile.head as unknown as Node, false);
  const samples = (profile as unknown as { samples: { nodeId: number }[] }).samples;
  return samples.filter(({ nodeId }) => inside.has(nodeId)).length / (4 * MESSAGES);
}

function allocatedBytes(form: MessageForm, messages: readonly Uint8Array[]): number {
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < ALLOCATION_ROUNDS; round++) readAll(form, messages);
  return Math.max(0, process.memoryUsage().heapUsed - before) / (ALLOCATION_ROUNDS * MESSAGES);
}

const [name = '', seed = '1', milliseconds = '1000'] = process.argv.slice(2);
const form = name === 'JSON' ? json : name === 'protobuf' ? await protobuf() : binaryView;
const random = new Prng(Number(seed));
const sent = moves(MESSAGES, () => random.next());
const messages = sent.map((move) => form.write(move));
for (const [index, message] of messages.entries()) {
  const expected = new Float64Array(6);
  putFields(sent[index]!, expected);
  form.read(message, fields);
  if (!expected.every((value, field) => value === fields[field])) throw new Error(`${form.name} does not read what it wrote`);
}
let written = 0;
const readNs = timed(Number(milliseconds), () => readAll(form, messages));
const writeNs = timed(Number(milliseconds), () => {
  for (const move of sent) written += form.write(move).length;
});
const figures: ProtocolFigures = {
  messageBytes: messages.reduce((sum, { length }) => sum + length, 0) / MESSAGES,
  writeNs,
  readNs,
  readAllocations: await allocations(form, messages),
  readAllocatedBytes: allocatedBytes(form, messages),
};
if (written === 0) throw new Error('nothing was written');
process.stdout.write(`${JSON.stringify(figures)}\n`);
