/** How messages are told apart by a value in them: an answer finds its request, and a broadcast is known by its receivers. */
import * as z from 'zod';
import { addIssue, clientNumber, count, durationUs, fixedText, jsonPointer } from './schema-values.js';

export const match = z
  .strictObject({
    json: jsonPointer().optional().describe('Pairs an answer with the request that has the same value there.'),
    offset: count(0, 65_535).optional().describe('Pairs by the bytes at this offset of a binary message.'),
    width: z.literal([1, 2, 4, 8]).optional().describe('How many bytes.'),
    endian: z.enum(['little', 'big']).prefault('little').describe('Byte order at offset.'),
    field: fixedText(64).optional().describe('Pairs by this field of the packets sent and expected.'),
  })
  .superRefine((value, context) => {
    if ([value.json, value.offset, value.field].filter((one) => one !== undefined).length !== 1)
      addIssue(context, 'match needs either json, or field, or offset and width', {
        allowed: 'json: /id, field: seq, or offset: 2 and width: 4',
      });
    else if (value.offset !== undefined && value.width === undefined) addIssue(context, 'width is missing', { allowed: '1, 2, 4 or 8' });
  });

export const broadcast = z.strictObject({
  to: z
    .union([z.literal('others'), clientNumber(0, 1_000_000)], { error: 'others, a whole number, or one "{{ }}"' })
    .prefault('others')
    .describe('How many other clients must receive it: a number, or others: each one that is connected when it is sent.'),
  match: match
    .optional()
    .describe('The value that the server passes on unchanged, by which receivers know the message. Absent: that of the send.'),
  within: durationUs(1000).prefault('1s').describe('Who has not received it within this time of the send has not received it.'),
});
