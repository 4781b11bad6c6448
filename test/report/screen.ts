/** As much of a terminal as the live view uses: lines that wrap and are broken anew when the width changes, cursor up, erase. */
export class Screen {
  #columns: number;
  readonly #rows: number;
  /** Logical lines; each takes as many rows as it needs. */
  #lines: string[] = [''];
  /** The cursor, as a logical line; the view only ever stands at the beginning of a row. */
  #at = 0;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
  }

  resize(columns: number): void {
    this.#columns = columns;
  }

  write(text: string): void {
    for (const [, up, erase, , letters, end] of text.matchAll(/\u001b\[(\d+)A|\u001b\[([02][JK])|\u001b\[(\d+)m|([^\u001b\n]+)|(\n)/gu)) {
      if (up !== undefined) this.#up(Number(up));
      else if (erase === '0J') this.#lines = [...this.#lines.slice(0, this.#at), ''];
      else if (erase === '2K') this.#lines[this.#at] = '';
      else if (letters !== undefined) this.#lines[this.#at] = (this.#lines[this.#at] ?? '') + letters;
      else if (end !== undefined) {
        this.#at += 1;
        this.#lines[this.#at] ??= '';
      }
    }
  }

  text(): string {
    return this.#lines.slice(-this.#rows).join('\n');
  }

  #up(rows: number): void {
    let left = rows;
    while (left > 0 && this.#at > 0) {
      this.#at -= 1;
      left -= Math.max(1, Math.ceil(this.#lines[this.#at]!.length / this.#columns));
    }
    if (left !== 0) throw new Error(`the cursor went into the middle of a line, or above the screen (${left})`);
  }
}
