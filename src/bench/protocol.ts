import { type Bench, missing, repeated } from './bench.js';
import type { ProtocolFigures } from './protocol-trial.js';
import { runTrial } from './trial.js';

const PUBLISHED: Readonly<Record<string, { readonly bytes?: string; readonly allocations?: string }>> = {
  JSON: { bytes: '128 B', allocations: '5+' },
  protobuf: {},
  'binary view': { bytes: '13 B', allocations: '0' },
};

/** A young generation so large that nothing is collected while allocations are counted. */
const NODE_FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** D8: one message as JSON, as protobuf and as bytes that are read where they lie. */
export const protocol: Bench = {
  name: 'protocol',
  title: 'One message as JSON, protobuf and a binary view: size, allocations and time',
  async measure({ repetitions, seed, small, signal, progress }) {
    const rows = [];
    for (const [form, published] of Object.entries(PUBLISHED)) {
      progress(form);
      const runs: ProtocolFigures[] = [];
      let failure = '';
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const args = [form, String(seed + repetition), small ? '50' : '500'];
        try {
          runs.push((await runTrial('./protocol-trial.js', args, NODE_FLAGS, signal)) as ProtocolFigures);
        } catch (error) {
          signal.throwIfAborted();
          if (form !== 'protobuf') throw error;
          failure = 'the package protobufjs is not installed (npm install protobufjs)';
        }
      }
      const cell = (figure: keyof ProtocolFigures, unit: string, article?: string) =>
        failure === ''
          ? repeated(
              runs.map((run) => run[figure]),
              unit,
              article,
            )
          : missing(failure, article);
      rows.push({
        label: form,
        cells: [
          cell('messageBytes', 'B', published.bytes),
          cell('readAllocations', '', published.allocations),
          cell('readAllocatedBytes', 'B'),
          cell('readNs', 'ns'),
          cell('writeNs', 'ns'),
        ],
      });
    }
    return {
      how: [
        '1,024 moves of a player (type, sequence, opcode, flags, x, y) are written and read again and again, each form in a process of its own.',
        "Allocations: V8's heap sampler at every byte; allocated bytes: growth of the heap while nothing is collected.",
      ],
      columns: ['form', 'message', 'allocations a read', 'allocated a read', 'read', 'write'],
      rows,
      notes: [
        'The article names its fields at length and packs them tighter than this wire, which spends 8 bytes on a header with type, sequence and length.',
        "JSON.parse and TextDecoder work in C++, where the sampler counts what they leave on V8's heap.",
      ],
    };
  },
};
