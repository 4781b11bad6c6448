import type { Plan, ScenarioPlan } from './plan.js';
import * as P from './program.js';

/**
 * Whether the plan has a time for what is measured. Open: it has, and a target that stalls shows in everything that was due
 * meanwhile. Closed: the next message follows the last answer, so a stall hides what it holds back. Mixed: some of both.
 */
export type LoadModel = 'open' | 'closed' | 'mixed';

/** The model of a plan: that of its scenarios where they agree. What a driver sends by itself is not looked at. */
export function loadModelOf({ scenarios }: Pick<Plan, 'scenarios'>): LoadModel {
  const models = new Set(scenarios.map(modelOf));
  const [only = 'open'] = models;
  return models.size === 1 ? only : 'mixed';
}

function modelOf({ program, executor, afterFlow }: ScenarioPlan): LoadModel {
  const { code, loops, everys } = program;
  const count = code.length / P.INSTRUCTION_WORDS;
  const word = (pc: number, index: number): number => code[pc * P.INSTRUCTION_WORDS + index]!;
  const isPaced = new Uint8Array(count);
  const isLooped = new Uint8Array(count);
  for (const { body, after } of everys) isPaced.fill(1, body, after);
  for (let pc = 0; pc < count; pc++) {
    if (word(pc, 0) !== P.OP_LOOP) continue;
    const { periodUs } = loops[word(pc, 1)]!;
    (periodUs === undefined ? isLooped : isPaced).fill(1, pc, word(pc, 2));
  }
  const isOpen = executor.kind === 'constant-arrival-rate' || executor.kind === 'ramping-arrival-rate';
  let hasOpen = isOpen;
  let hasClosed = false;
  let hasRequest = false;
  for (let pc = 0; pc < count; pc++) {
    if (!isRequest(program, word(pc, 0), word(pc, 1))) continue;
    hasRequest = true;
    if (isPaced[pc] === 1) hasOpen = true;
    else if (isLooped[pc] === 1 || (afterFlow === 'repeat' && !isOpen)) hasClosed = true;
  }
  // Rounds that only connect follow one another; clients that connect once come by the plan.
  if (!hasRequest && afterFlow === 'repeat' && !isOpen) hasClosed = true;
  if (!hasClosed) return 'open';
  return hasOpen ? 'mixed' : 'closed';
}

/** Whether the instruction asks something of the target that its answer is timed for. */
function isRequest({ sends }: P.Program, opcode: number, operand: number): boolean {
  if (opcode === P.OP_SEND) return sends[operand]!.expect !== undefined;
  return opcode === P.OP_OPERATION || opcode === P.OP_HTTP;
}
