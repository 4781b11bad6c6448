import type { ClientValue } from '../scenario/expression.js';
import { findValue, type ValueSource } from '../scenario/value-source.js';
import type { CompiledCapture } from './capture.js';
import type { ClientContext } from './client-context.js';
import { type ClientTable, FLAG_LEAVING } from './client-table.js';
import type { ErrorCounts } from './error-counts.js';
import type { FeederRows } from './feeder-rows.js';
import type { Flow } from './flow.js';
import type { ValueSlabs } from './value-slabs.js';

const DELETE = 0x7f;

export interface ClientValueParts {
  readonly table: ClientTable;
  readonly errors: ErrorCounts;
  readonly context: ClientContext;
  readonly feeders: readonly FeederRows[];
  /** By scenario, then by feeder: how many numbers of clients the scenarios before it gave out. */
  readonly firstClient: readonly (readonly number[])[];
  readonly slabs: ValueSlabs;
}

/** The columns and captures of the client that the context points at. Exists only where some program uses any. */
export class ClientValues implements ValueSource {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  isBare = false;
  readonly #parts: ClientValueParts;

  constructor(parts: ClientValueParts) {
    this.#parts = parts;
  }

  field(feeder: number, column: number): boolean {
    const { context, table, feeders, firstClient } = this.#parts;
    const rows = feeders[feeder]!;
    const { data, bytes, starts } = rows;
    const row = rows.rowOf(context.client + firstClient[table.scenario[context.row]!]![feeder]!, context.iteration);
    if (row < 0) return false;
    const kept = data.keptAs[column]!;
    const at = row * data.kept + kept;
    this.bytes = bytes;
    this.start = starts[at]!;
    this.end = starts[at + 1]!;
    this.isBare = data.isBare[kept] === 1;
    return true;
  }

  capture(capture: number): boolean {
    const { slabs, context } = this.#parts;
    if (!slabs.find(capture, context.row)) return false;
    this.bytes = slabs.bytes;
    this.start = slabs.start;
    this.end = slabs.end;
    this.isBare = slabs.isBare;
    return true;
  }

  /** Whether the client has all that the instruction at `pc` needs; counts what it lacks. Points the context at the client. */
  areThere(flow: Flow, row: number, pc: number, iteration: number): boolean {
    const needs = flow.needs?.[pc];
    if (needs === undefined) return true;
    this.#parts.context.of(flow, row, iteration);
    for (let i = 0; i < needs.length; i++) {
      const { value, leastByte } = needs[i]!;
      if (!this.#has(value)) {
        this.#countAbsent(row, value);
        return false;
      }
      if (leastByte > 0 && this.#hasBelow(leastByte)) {
        this.#parts.errors.add('value.unsafe', `{{ ${value.name} }} holds a letter that may not stand in a request`);
        return false;
      }
    }
    return true;
  }

  /** As areThere(), without counting: asked ahead of the client's turn. */
  haveAll(flow: Flow, row: number, pc: number, iteration: number): boolean {
    this.#parts.context.of(flow, row, iteration);
    const needs = flow.needs?.[pc] ?? [];
    return needs.every(({ value }) => this.#has(value));
  }

  /** Keeps what the rules find in a message, all of it or nothing. */
  take(captures: readonly CompiledCapture[], row: number, bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = 0; i < captures.length; i++) if (!captures[i]!.find(bytes, start, end)) return false;
    for (let i = 0; i < captures.length; i++) captures[i]!.keep(this.#parts.slabs, row, bytes);
    return true;
  }

  /** Another client begins on this row. */
  forget(row: number): void {
    this.#parts.slabs.clear(row);
  }

  #has(value: ClientValue): boolean {
    return findValue(this, value);
  }

  #countAbsent(row: number, value: ClientValue): void {
    const { errors, table } = this.#parts;
    if (value.kind === 'capture') {
      errors.add('capture.undefined', `{{ ${value.name} }} is used before any answer gave it a value`);
      return;
    }
    errors.add('feeder.dry', `no row is left for {{ ${value.name} }}`);
    table.flags[row]! |= FLAG_LEAVING;
  }

  #hasBelow(least: number): boolean {
    for (let i = this.start; i < this.end; i++) if (this.bytes[i]! < least || this.bytes[i] === DELETE) return true;
    return false;
  }
}
