/** What a send puts into a binary message, what pairs its answer, and what an answer must hold in bytes. */
import type { Layout } from './layout.js';
import { packetMaxBytes } from './layout.js';
import { didYouMean } from './nearest-name.js';
import { expectedPacket, sentPacket } from './packet-steps.js';
import { hasValue, type ValueReader } from './packet-values.js';
import type { Expectation, SendStep } from './program.js';
import type { StepOf } from './schema-steps.js';

type Path = readonly PropertyKey[];

/** Longest file that a send may hold. */
export const MAX_PAYLOAD_FILE_BYTES = 1_048_576;

/** The bytes of a file that the scenario names, looked for beside the scenario; throws an error in words. */
export type ReadPayload = (path: string) => Uint8Array;

/** What the file around a flow offers to its steps. */
export interface PayloadSources {
  readonly layouts?: ReadonlyMap<string, Layout>;
  readonly readPayload?: ReadPayload | undefined;
}

const NO_LAYOUTS: ReadonlyMap<string, Layout> = new Map();

export const plainHex = (hex: string): string => hex.replace(/\s+/g, '').toLowerCase();

/** The binary message of a send and the most bytes it can have; undefined for one of text. */
export function binaryPayload(
  { hex, base64, file, packet, fields }: StepOf<'send'>,
  { layouts = NO_LAYOUTS, readPayload }: PayloadSources,
  path: Path,
  reader: ValueReader,
): { readonly payload: Pick<SendStep, 'hex' | 'packet'>; readonly maxBytes: number } | undefined {
  if (packet !== undefined) {
    const sent = sentPacket({ packet, fields }, layouts, path, reader);
    return sent === undefined ? { payload: {}, maxBytes: 0 } : { payload: { packet: sent }, maxBytes: packetMaxBytes(sent) };
  }
  const digits =
    hex !== undefined
      ? plainHex(hex)
      : base64 !== undefined
        ? Buffer.from(base64, 'base64').toString('hex')
        : file === undefined
          ? undefined
          : fileHex(file, readPayload, [...path, 'file'], reader);
  return digits === undefined ? undefined : { payload: { hex: digits }, maxBytes: digits.length / 2 };
}

function fileHex(file: string, readPayload: ReadPayload | undefined, path: Path, reader: ValueReader): string {
  try {
    if (readPayload === undefined) throw new Error('there is no directory to look for it in');
    return Buffer.from(readPayload(file)).toString('hex');
  } catch (error) {
    reader.refuse(path, `this file cannot be sent: ${error instanceof Error ? error.message : String(error)}`, {
      given: file,
      allowed: 'a file of at most 1 MiB in the directory of the scenario or below it',
    });
    return '';
  }
}

/** What pairs the answers of a send with it. */
export function matchOf(
  { match, packet, expect }: StepOf<'send'>,
  layouts: ReadonlyMap<string, Layout> = NO_LAYOUTS,
  path: Path,
  reader: ValueReader,
): SendStep['match'] {
  if (match === undefined) return undefined;
  const { json, field, offset, width, endian } = match;
  if (json !== undefined) return { by: 'json', pointer: json };
  if (field === undefined) return { by: 'bytes', offset: offset ?? 0, width: width ?? 4, littleEndian: endian === 'little' };
  const place = (name: string | undefined): { layout: Layout; field: number } | undefined => {
    const layout = layouts.get(name ?? '');
    if (layout === undefined) return undefined; // told already, or below
    const index = layout.fields.findIndex((one) => one.name === field && hasValue(one));
    if (index >= 0) return { layout, field: index };
    const known = layout.fields.filter(hasValue).map((one) => one.name);
    const hint = didYouMean(field, known);
    reader.refuse([...path, 'match', 'field'], `the layout ${layout.name} has no such field`, {
      given: field,
      allowed: known.join(', '),
      ...(hint === undefined ? {} : { hint }),
    });
    return undefined;
  };
  if (packet === undefined)
    reader.refuse([...path, 'match', 'field'], 'only the field of a packet can be compared', {
      given: field,
      allowed: 'json, or offset and width',
    });
  const request = place(packet);
  const answer = expect?.packet === undefined || expect.packet === packet ? request : place(expect.packet);
  if (request === undefined || answer === undefined) return undefined;
  if (request.layout.fields[request.field]!.kind !== answer.layout.fields[answer.field]!.kind)
    reader.refuse([...path, 'match', 'field'], 'the field is a number in one of the packets and none in the other', { given: field });
  return { by: 'field', request, answer };
}

/** The part of an expectation that is about bytes. */
export function binaryExpectation(
  { packet, fields, bytes }: StepOf<'expect'>,
  layouts: ReadonlyMap<string, Layout> = NO_LAYOUTS,
  path: Path,
  reader: ValueReader,
): Pick<Expectation, 'packet' | 'bytes'> {
  if (packet === undefined && fields !== undefined)
    reader.refuse([...path, 'fields'], 'fields are those of a packet', { hint: 'add packet: with the name of a layout', atKey: true });
  const expected = packet === undefined ? undefined : expectedPacket({ packet, fields }, layouts, path, reader);
  const places = bytes?.map(({ offset, width, endian, equals }, index) => ({
    offset,
    width,
    littleEndian: endian === 'little',
    equals: reader.expression(equals, [...path, 'bytes', index, 'equals']),
  }));
  return { ...(expected === undefined ? {} : { packet: expected }), ...(places === undefined ? {} : { bytes: places }) };
}
