/** CSV (RFC 4180): fields in quotes may hold the delimiter, line ends and doubled quotes. The first line names the columns. */
import { FeederPacker } from './feeder-packer.js';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Where the reader stands within a row. */
const FIELD_START = 0;
const PLAIN = 1;
const QUOTED = 2;
/** Behind a quote within quotes: the end of the field, or the first half of a doubled quote. */
const AFTER_QUOTE = 3;
/** Behind a CR: a LF must follow. */
const AFTER_CR = 4;

/**
 * Reads the rows of a CSV file chunk by chunk, whatever the chunks are, into a packer. A row that breaks the rules is
 * refused with its line, and reading goes on with the next line.
 */
export class CsvReader {
  readonly #packer: FeederPacker;
  readonly #delimiter: number;
  readonly #columns: number;
  #state = FIELD_START;
  #line = 1;
  /** Line on which the row, or the field in quotes, begins. */
  #rowLine = 1;
  #field = 0;
  #isRowEmpty = true;
  #isKept = false;
  #valueStart = 0;
  #isHeader = true;
  #fault: string | undefined;

  constructor(packer: FeederPacker, delimiter: string, columns: number) {
    this.#packer = packer;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#columns = columns;
  }

  /** The next bytes of the file. The first chunk has no byte order mark any more. */
  push(bytes: Uint8Array, length: number): void {
    const packer = this.#packer;
    const { bytes: out } = packer;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i]!;
      const state = this.#state;
      if (state === QUOTED) {
        if (byte === LF) this.#line++;
        if (byte === QUOTE) this.#state = AFTER_QUOTE;
        else if (this.#isKept) out[packer.length++] = byte;
        continue;
      }
      if (state === FIELD_START) {
        if (this.#isRowEmpty) {
          if (byte === CR) continue;
          if (byte === LF) {
            this.#line++;
            continue;
          }
          this.#beginRow();
        }
        this.#beginField();
        if (byte === QUOTE) {
          this.#state = QUOTED;
          continue;
        }
        this.#state = PLAIN;
      } else if (state === AFTER_QUOTE) {
        if (byte === QUOTE) {
          this.#state = QUOTED;
          if (this.#isKept) out[packer.length++] = QUOTE;
          continue;
        }
        if (byte !== this.#delimiter && byte !== LF && byte !== CR) this.#fault ??= 'something stands behind a closing quote';
        this.#state = PLAIN;
      } else if (state === AFTER_CR && byte !== LF) {
        this.#fault ??= 'a carriage return stands within a field that is not in quotes';
        this.#state = PLAIN;
      }
      if (byte === this.#delimiter) this.#endField(FIELD_START);
      else if (byte === LF) this.#endRow();
      else if (byte === QUOTE && state === PLAIN) this.#fault ??= 'a quote stands within a field that is not in quotes';
      else if (byte === CR) this.#state = AFTER_CR;
      else if (this.#isKept) out[packer.length++] = byte;
    }
  }

  /** The file is over; its last line need not have an end. */
  finish(): void {
    if (this.#isRowEmpty) return;
    if (this.#state === QUOTED) this.#fault = 'a quote is never closed';
    if (this.#state === FIELD_START) this.#beginField();
    this.#endRow();
  }

  #beginRow(): void {
    this.#isRowEmpty = false;
    this.#rowLine = this.#line;
    this.#field = 0;
    this.#fault = undefined;
    this.#packer.beginRow();
  }

  #beginField(): void {
    this.#isKept = !this.#isHeader && this.#field < this.#columns && this.#packer.keptAs[this.#field]! >= 0;
    if (!this.#isKept) return;
    this.#packer.beginValue();
    this.#valueStart = this.#packer.length;
  }

  #endField(next: number): void {
    if (this.#isKept) this.#fault ??= FeederPacker.faultOf(this.#packer.length - this.#valueStart);
    this.#field++;
    this.#isKept = false;
    this.#state = next;
  }

  #endRow(): void {
    this.#endField(FIELD_START);
    this.#line++;
    this.#isRowEmpty = true;
    if (this.#isHeader) {
      this.#isHeader = false;
      return;
    }
    if (this.#field !== this.#columns)
      this.#fault ??= `this row has ${this.#field} ${this.#field === 1 ? 'field' : 'fields'}, the first line names ${this.#columns}`;
    if (this.#fault === undefined) this.#packer.endRow(this.#rowLine);
    else this.#packer.refuseRow(this.#rowLine, this.#fault);
  }
}

/** The names in the first line of a CSV text that is not empty. */
export function csvColumns(text: string, delimiter: string): string[] {
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (quoted) {
      if (letter !== '"') name += letter;
      else if (text[i + 1] === '"') name += text[++i];
      else quoted = false;
    } else if (letter === '"' && name === '') quoted = true;
    else if (letter === delimiter) {
      names.push(name.trim());
      name = '';
    } else if (letter === '\n' && (names.length > 0 || name !== '')) break;
    else if (letter !== '\r' && letter !== '\n') name += letter;
  }
  return [...names, name.trim()];
}
