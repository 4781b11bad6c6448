import type { Constants } from './expression-parse.js';
import type { CaptureRule } from './program.js';
import type { CaptureEntries } from './schema-feeder.js';

/** What a step keeps of its answer; the names have been gathered before (client-names.ts). */
export function captureRulesOf(entries: CaptureEntries | undefined, constants: Constants): readonly CaptureRule[] {
  return Object.entries(entries ?? {}).flatMap(([name, { json, offset, width, endian }]): CaptureRule[] => {
    const value = constants.get(name);
    if (typeof value !== 'object' || value.kind !== 'capture') return [];
    const { capture } = value;
    if (json !== undefined) return [{ capture, name, by: 'json', pointer: json }];
    return [{ capture, name, by: 'bytes', offset: offset ?? 0, width: width ?? 4, littleEndian: endian === 'little' }];
  });
}
