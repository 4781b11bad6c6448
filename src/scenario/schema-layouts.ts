/** `layouts:` of the file: packets field by field; and the keys of steps that compare bytes. */
import * as z from 'zod';
import { CHECKSUM_BYTES, NUMBERS } from './layout.js';
import { addIssue, always, clientNumber, clientText, count, fixedText, identifier, name } from './schema-values.js';

const INTEGERS = ['u8', 'u16', 'u32', 'u64', 'i8', 'i16', 'i32', 'i64'] as const;
const TYPES = [...INTEGERS, 'f32', 'f64', 'bool', 'enum', 'text', 'bytes', 'padding', 'crc32', 'adler32', 'sum8'] as const;
const MAX_FIELD_BYTES = 65_535;

type Type = (typeof TYPES)[number];

const KEYS_OF: Readonly<Record<string, (type: Type) => boolean>> = {
  value: (type) => type !== 'padding' && !Object.hasOwn(CHECKSUM_BYTES, type),
  length: (type) => type === 'text' || type === 'bytes' || type === 'padding',
  lengthOf: (type) => type === 'u8' || type === 'u16' || type === 'u32',
  as: (type) => type === 'enum',
  values: (type) => type === 'enum',
  of: (type) => Object.hasOwn(CHECKSUM_BYTES, type),
};

const field = z
  .strictObject({
    name: identifier().optional().describe('What steps call it. Only padding needs none.'),
    type: z
      .enum(TYPES)
      .describe(
        'u8 to u64 and i8 to i64 (64 bits within 2^53), f32, f64, bool, enum, text (UTF-8), bytes, padding (zeros), or a checksum.',
      ),
    value: clientText().optional().describe('What it holds where a step says nothing else; bytes as hex digits.'),
    endian: z.enum(['little', 'big']).optional().describe('Its byte order. Absent: that of the layout.'),
    length: z
      .union([z.enum(['u8', 'u16', 'u32']), count(1, MAX_FIELD_BYTES)], { error: 'u8, u16, u32, or a number of bytes' })
      .optional()
      .describe('Of text, bytes and padding: so many bytes, filled up with zeros; or the kind of a length that stands before it.'),
    lengthOf: fixedText(64)
      .optional()
      .describe('Of u8, u16 and u32: it holds how many bytes a field has, or `packet` (all), or `rest` (what stands behind it).'),
    as: z.enum(INTEGERS).optional().describe('Of enum: the kind of its number. Absent: u8.'),
    values: z.record(name(), z.number().int()).optional().describe('Of enum: its names and their numbers.'),
    of: fixedText(64)
      .optional()
      .describe('Of a checksum: `before` (what stands before it, the default), `rest`, `packet` (itself taken as zeros), or a field.'),
  })
  .superRefine((value, context) => {
    if (value === null || typeof value !== 'object' || !TYPES.includes(value.type)) return;
    for (const [key, goesWith] of Object.entries(KEYS_OF)) {
      if (value[key as keyof typeof value] !== undefined && !goesWith(value.type))
        addIssue(
          context,
          `${key} does not go with the type ${value.type}`,
          { given: value.type, allowed: TYPES.filter(goesWith).join(', '), atKey: true },
          [key],
        );
    }
    if (value.type !== 'padding' && value.name === undefined) addIssue(context, 'name is missing', { allowed: 'letters, digits and _' });
    if (value.type === 'padding' && typeof value.length !== 'number')
      addIssue(context, 'length is missing', { allowed: 'a number of bytes' });
    if (value.type === 'enum' && value.values === undefined)
      addIssue(context, 'values is missing', { allowed: 'values: { walk: 1, run: 2 }' });
    if (value.type === 'enum') {
      const { min, max } = NUMBERS[value.as ?? 'u8'];
      for (const [key, number] of Object.entries(value.values ?? {}))
        if (number < min || number > max)
          addIssue(context, 'this number is out of range', { given: String(number), allowed: `${min} to ${max}` }, ['values', key]);
    }
    if (value.lengthOf !== undefined && value.value !== undefined)
      addIssue(context, 'a length is computed and has no value', { hint: 'leave out value or lengthOf', atKey: true }, ['value']);
  }, always);

export const layouts = z.record(
  name(),
  z.strictObject({
    endian: z.enum(['little', 'big']).prefault('little').describe('Byte order of its numbers.'),
    fields: z.array(field).min(1).max(256).describe('In the order in which they stand.'),
  }),
);

export type LayoutEntry = z.output<typeof layouts>[string];
export type FieldEntry = LayoutEntry['fields'][number];

/** `fields:` of a send or an expectation. */
export const packetFields = () => z.record(z.string(), clientText());

/** Numbers at fixed places of a binary message. */
export const bytesAt = z
  .array(
    z.strictObject({
      offset: count(0, 65_535).describe('Where in the message.'),
      width: z.literal([1, 2, 4, 8]).describe('How many bytes.'),
      endian: z.enum(['little', 'big']).prefault('little').describe('Byte order.'),
      equals: clientNumber(0, Number.MAX_SAFE_INTEGER).describe('The unsigned number that must stand there.'),
    }),
  )
  .min(1)
  .max(64);
