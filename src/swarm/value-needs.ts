import { clientValuesIn } from '../scenario/client-value.js';
import type { ClientValue } from '../scenario/expression.js';
import * as P from '../scenario/program.js';

/** A value that an instruction cannot do without. */
export interface ValueNeed {
  readonly value: ClientValue;
  /** Bytes below this would break the line or the path that it becomes a part of; 0 where any may stand. */
  readonly leastByte: number;
}

/** By instruction: the values of feeders and captures it uses. */
export type ValueNeeds = readonly (readonly ValueNeed[] | undefined)[];

/** Lists of a program whose entries have `{{ }}` values, by the opcode whose operand is an index in them. */
const STEPS: Readonly<Record<number, keyof P.Program>> = {
  [P.OP_LOGIN]: 'logins',
  [P.OP_CONNECT]: 'connects',
  [P.OP_JOIN]: 'rooms',
  [P.OP_OPERATION]: 'operations',
  [P.OP_SEND]: 'sends',
  [P.OP_EXPECT]: 'expects',
  [P.OP_HTTP]: 'https',
};

const SPACE = 0x20;

/** The needs of a program; undefined when it uses no such values at all. */
export function valueNeedsOf(program: P.Program): ValueNeeds | undefined {
  if (clientValuesIn(program).length === 0) return undefined;
  const { code } = program;
  return Array.from({ length: code.length / P.INSTRUCTION_WORDS }, (_, pc) => {
    const opcode = code[pc * P.INSTRUCTION_WORDS]!;
    const list = STEPS[opcode];
    if (list === undefined) return undefined;
    const step = (program[list] as readonly unknown[])[code[pc * P.INSTRUCTION_WORDS + 1]!];
    const needs = opcode === P.OP_CONNECT ? connectNeeds(step as P.ConnectStep) : needsIn(step, 0);
    return needs.length === 0 ? undefined : needs;
  });
}

const connectNeeds = ({ path, headers }: P.ConnectStep): ValueNeed[] => [...needsIn(path, SPACE + 1), ...needsIn(headers, SPACE)];

const needsIn = (part: unknown, leastByte: number): ValueNeed[] => clientValuesIn(part).map((value) => ({ value, leastByte }));
