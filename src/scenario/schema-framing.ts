/** `framing:` of a scenario or a connect step: how the messages of a tcp or tls stream are told apart. */
import * as z from 'zod';
import { type Framing, MAX_DELIMITER_BYTES } from './framing.js';
import { addIssue, count } from './schema-values.js';

const MAX_MESSAGE_BYTES = 16_777_216;
const HEX = /^([0-9a-fA-F]{2}|\s)+$/;

const length = z
  .strictObject({
    width: z.literal([1, 2, 4]).describe('How many bytes the length has.'),
    endian: z.enum(['little', 'big']).prefault('little').describe('Its byte order.'),
    header: count(1, 1024)
      .optional()
      .describe(
        'Size of a fixed header that holds the length and is part of the message. Absent: gwrk adds the length itself and takes it off.',
      ),
    offset: count(0, 1023).prefault(0).describe('Where in the header the length stands.'),
    includesHeader: z.boolean().prefault(false).describe('The length counts the header (or itself) too.'),
  })
  .superRefine((value, context) => {
    const { width, header, offset } = value;
    if (header === undefined && offset !== 0)
      addIssue(context, 'offset needs the size of the header', { hint: 'add header: 8, the bytes before the body', atKey: true }, [
        'offset',
      ]);
    else if (header !== undefined && offset + width > header)
      addIssue(context, 'the length does not fit into the header', { given: String(header), allowed: `at least ${offset + width}` }, [
        'header',
      ]);
  });

const delimiter = z
  .union(
    [z.string(), z.strictObject({ hex: z.string().regex(HEX, { error: 'pairs of hex digits' }).describe('The same as hex digits.') })],
    {
      error: 'text such as "\\n", or { hex: "0d0a" }',
    },
  )
  .transform((value): string =>
    typeof value === 'string' ? Buffer.from(value).toString('hex') : value.hex.replace(/\s+/g, '').toLowerCase(),
  )
  .superRefine((hex, context) => {
    if (hex.length === 0 || hex.length > MAX_DELIMITER_BYTES * 2)
      addIssue(context, 'this is no delimiter', { allowed: `1 to ${MAX_DELIMITER_BYTES} bytes` });
  });

/** The framing as the swarm reads it. */
export const framing = z
  .strictObject({
    length: length.optional().describe('Each message begins with its length.'),
    delimiter: delimiter.optional().describe('Each message ends with this text; gwrk adds it and takes it off.'),
    size: count(1, MAX_MESSAGE_BYTES).optional().describe('Each message of the server has this many bytes.'),
    max: count(1, MAX_MESSAGE_BYTES)
      .prefault(65_536)
      .describe('Longest message of the server, bytes. A longer one is a fault of the server.'),
  })
  .superRefine((value, context) => {
    const given = (['length', 'delimiter', 'size'] as const).filter((key) => value[key] !== undefined);
    if (given.length !== 1)
      addIssue(context, 'framing needs exactly one of length, delimiter and size', {
        given: given.join(', ') || 'none of them',
        allowed: 'length: { width: 2 }, delimiter: "\\n" or size: 64',
      });
  })
  .transform(({ length: prefix, delimiter: hex, size, max }): Framing => {
    if (prefix !== undefined) {
      const { width, endian, header, offset, includesHeader } = prefix;
      return {
        kind: 'length',
        width,
        offset,
        littleEndian: endian === 'little',
        headerBytes: header ?? width,
        includesHeader,
        isAdded: header === undefined,
        maxBytes: max,
      };
    }
    if (hex !== undefined) return { kind: 'delimiter', hex, maxBytes: max };
    return { kind: 'fixed', bytes: size ?? 1 };
  })
  .meta({ id: 'framing' });
