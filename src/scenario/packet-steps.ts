/** `packet:` and `fields:` of a send or an expectation -> a packet, its layout with what each field holds. */
import type { Layout, Packet, PacketValue } from './layout.js';
import { didYouMean } from './nearest-name.js';
import { fieldValue, type Given, hasValue, isConstant, type ValueReader } from './packet-values.js';

type Path = readonly PropertyKey[];

export interface PacketWords {
  readonly packet?: string | undefined;
  readonly fields?: Readonly<Record<string, Given>> | undefined;
}

/** The packet that a send writes: every field has a value. Undefined once a problem has been told. */
export function sentPacket(words: PacketWords, layouts: ReadonlyMap<string, Layout>, path: Path, reader: ValueReader): Packet | undefined {
  return packetOf(words, layouts, path, reader, (layout, index) => {
    const field = layout.fields[index]!;
    if (!hasValue(field)) return null;
    if (field.value === undefined)
      reader.refuse([...path, words.fields === undefined ? 'packet' : 'fields'], `the field ${field.name} has no value`, {
        hint: `add fields: { ${field.name}: ... }, or a value to the layout ${layout.name}`,
        atKey: true,
      });
    return field.value ?? null;
  });
}

/** The packet that an answer must be: fields that the step names, and those whose value in the layout is a constant. */
export function expectedPacket(
  words: PacketWords,
  layouts: ReadonlyMap<string, Layout>,
  path: Path,
  reader: ValueReader,
): Packet | undefined {
  return packetOf(words, layouts, path, reader, (layout, index) => {
    const field = layout.fields[index]!;
    return hasValue(field) && field.value !== undefined && isConstant(field.value) ? field.value : null;
  });
}

function packetOf(
  { packet = '', fields = {} }: PacketWords,
  layouts: ReadonlyMap<string, Layout>,
  path: Path,
  reader: ValueReader,
  byDefault: (layout: Layout, index: number) => PacketValue | null,
): Packet | undefined {
  const layout = layouts.get(packet);
  if (layout === undefined) {
    const known = [...layouts.keys()];
    const hint = didYouMean(packet, known, known.length === 0 ? 'declare it in layouts:' : undefined);
    reader.refuse([...path, 'packet'], 'there is no such layout', {
      given: packet,
      allowed: known.join(', ') || 'a name from layouts:',
      ...(hint === undefined ? {} : { hint }),
    });
    return undefined;
  }
  const settable = layout.fields.filter(hasValue).map(({ name }) => name);
  for (const name of Object.keys(fields)) {
    if (settable.includes(name)) continue;
    const isComputed = layout.fields.some((field) => field.name === name);
    const hint = didYouMean(name, settable);
    reader.refuse([...path, 'fields', name], isComputed ? 'gwrk computes this field itself' : `the layout ${packet} has no such field`, {
      given: name,
      allowed: settable.join(', '),
      atKey: true,
      ...(hint === undefined || isComputed ? {} : { hint }),
    });
  }
  const values = layout.fields.map((field, index): PacketValue | null => {
    if (!hasValue(field) || !Object.hasOwn(fields, field.name)) return byDefault(layout, index);
    return fieldValue(field, fields[field.name]!, [...path, 'fields', field.name], reader) ?? null;
  });
  return { layout, values };
}
