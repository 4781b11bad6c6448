/** `feeders:` of a file, and `capture:` of the steps that an answer comes to. */
import * as z from 'zod';
import { addIssue, always, count, fixedText, identifier, jsonPointer } from './schema-values.js';

const feeder = z
  .strictObject({
    file: fixedText(1024).describe(
      'CSV with a line of names first, or JSON lines. Relative to the scenario file; it must lie in its directory or below the working directory.',
    ),
    format: z.enum(['csv', 'jsonl']).optional().describe('Absent: by the ending of the file, .csv, .tsv, .jsonl or .ndjson.'),
    delimiter: z
      .string()
      .regex(/^[\x09\x20-\x21\x23-\x7e]$/, { error: 'one letter of ASCII that is not a quote' })
      .optional()
      .describe('Of csv. Absent: a comma, or a tab for .tsv.'),
    order: z
      .enum(['unique', 'sequential', 'random'])
      .prefault('sequential')
      .describe(
        'unique: each client has a row of its own. sequential: client c begins with row c, and each iteration takes the next. random: each iteration draws one.',
      ),
    loop: z.boolean().prefault(false).describe('Of order unique: begins again when the rows have run out, instead of ending the client.'),
  })
  .superRefine((value, context) => {
    if (value === null || typeof value !== 'object') return;
    if (value.loop && value.order !== 'unique')
      addIssue(context, `${value.order} never runs out of rows`, { hint: 'leave loop out', atKey: true }, ['loop']);
    if (typeof value.file !== 'string') return;
    const format = value.format ?? formatOf(value.file);
    if (format === undefined)
      addIssue(context, 'the ending of this file does not say what it holds', { allowed: '.csv, .tsv, .jsonl, .ndjson, or format:' }, [
        'file',
      ]);
    if (format === 'jsonl' && value.delimiter !== undefined)
      addIssue(context, 'JSON lines have no delimiter', { hint: 'leave it out', atKey: true }, ['delimiter']);
  }, always);

export const feeders = () => z.record(identifier(), feeder);

/** What a file holds by its ending. */
export function formatOf(file: string): 'csv' | 'jsonl' | undefined {
  if (/\.(csv|tsv)$/i.test(file)) return 'csv';
  return /\.(jsonl|ndjson)$/i.test(file) ? 'jsonl' : undefined;
}

const capture = z
  .strictObject({
    json: jsonPointer().optional().describe('The value there: a text without its quotes, anything else as it stands.'),
    offset: count(0, 65_535).optional().describe('A whole number without sign in a binary message, at this offset.'),
    width: z.literal([1, 2, 4, 8]).optional().describe('How many bytes.'),
    endian: z.enum(['little', 'big']).prefault('little').describe('Byte order at offset.'),
  })
  .superRefine((value, context) => {
    if ((value.json === undefined) === (value.offset === undefined))
      addIssue(context, 'a capture needs either json, or offset and width', { allowed: 'json: /token, or offset: 2 and width: 4' });
    else if (value.json === undefined && value.width === undefined) addIssue(context, 'width is missing', { allowed: '1, 2, 4 or 8' });
  });

/** Name: where its value stands in the answer. */
export const captures = () => z.record(identifier(), capture);
export type CaptureEntries = z.output<ReturnType<typeof captures>>;
