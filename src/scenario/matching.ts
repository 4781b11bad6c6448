import { describeFraming } from './framing.js';
import type { Plan } from './plan.js';
import type { SendStep } from './program.js';

/** How the answers of one send step find their requests. */
export interface Matching {
  readonly scenario: string;
  /** Which send step of the scenario, in the order of the file, from 1. */
  readonly send: number;
  /** "order", or what is compared: "json /id", "bytes 2..5", "field seq". */
  readonly by: string;
}

/** One entry for each send step that expects an answer. */
export function matchingOf(plan: Plan): Matching[] {
  return plan.scenarios.flatMap(({ name, program }) =>
    program.sends.flatMap((step, index) => (step.expect === undefined ? [] : [{ scenario: name, send: index + 1, by: wayOf(step) }])),
  );
}

function wayOf({ match }: SendStep): string {
  if (match === undefined) return 'order';
  if (match.by === 'json') return `json ${match.pointer}`;
  if (match.by === 'field') return `field ${match.request.layout.fields[match.request.field]!.name}`;
  return match.width === 1 ? `byte ${match.offset}` : `bytes ${match.offset}..${match.offset + match.width - 1}`;
}

/** Every framing that the plan speaks, in words; undefined for targets with frames of their own. */
export function framingOf(plan: Plan): string | undefined {
  const framings = plan.scenarios.flatMap(({ program }) =>
    program.connects.flatMap(({ framing }) => (framing === undefined ? [] : [framing])),
  );
  const texts = [...new Set(framings.map(describeFraming))];
  if (texts.length === 0) return undefined;
  return `${texts.join('; ')}${plan.assumesEcho === true ? ' (not declared: an echo of -b is taken for granted)' : ''}`;
}
