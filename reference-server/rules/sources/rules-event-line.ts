import type { RulesEvent } from './receiver.js';

/** One line of JSON for stderr when rules need somebody's attention, or do no more; undefined for what went well. */
export function rulesEventLine(event: RulesEvent): string | undefined {
  return event.event === 'rules.applied' ? undefined : `${JSON.stringify(event)}\n`;
}
