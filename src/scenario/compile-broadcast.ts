import type { Layout } from './layout.js';
import type { ValueReader } from './packet-values.js';
import { matchOf } from './payloads.js';
import type { SendStep } from './program.js';
import type { StepOf } from './schema-steps.js';

/** The broadcast of a send step, as its program has it; nothing where there is none, or where a problem has been told. */
export function broadcastOf(
  send: StepOf<'send'>,
  layouts: ReadonlyMap<string, Layout> | undefined,
  path: readonly PropertyKey[],
  reader: ValueReader,
): Pick<SendStep, 'broadcast'> {
  const { broadcast } = send;
  if (broadcast === undefined) return {};
  const own = broadcast.match !== undefined;
  // Receivers get the packet that was sent, whatever the sender's own answer is.
  const { expect: _, ...rest } = send;
  const match = matchOf(own ? { ...rest, match: broadcast.match } : rest, layouts, own ? [...path, 'broadcast'] : path, reader);
  if (match === undefined) return {};
  return {
    broadcast: {
      match,
      ...(broadcast.to === 'others' ? {} : { receivers: reader.expression(broadcast.to, [...path, 'broadcast', 'to']) }),
      withinUs: broadcast.within,
    },
  };
}
