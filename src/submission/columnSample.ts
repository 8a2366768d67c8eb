import type { RowBatch } from "../data/index.js";
import { type ColumnOrder, orderColumns, type PromptPart } from "../prompt/index.js";

/** Rows after which the order of columns is decided … */
const SAMPLE_ROWS = 10_000;
/** … or so much text of theirs (UTF-16 code units), whichever comes first: they wait in memory meanwhile. */
const SAMPLE_CHARACTERS = 16 * 1024 * 1024;

/** A source's first batches, kept until the order of the columns has been found from them. */
export class ColumnSample {
  readonly batches: RowBatch[] = [];
  readonly #values = new Map<string, (string | null)[]>();
  #rows = 0;
  #characters = 0;

  add(batch: RowBatch, parts: readonly PromptPart[]): void {
    this.batches.push(batch);
    this.#rows += batch.rowCount;
    const names = new Set(parts.flatMap((part) => ("column" in part ? [part.column] : [])));
    for (const name of names) {
      const values = this.#values.get(name) ?? [];
      for (const text of batch.text(name)) {
        values.push(text);
        this.#characters += text?.length ?? 0;
      }
      this.#values.set(name, values);
    }
  }

  get isFull(): boolean {
    return this.#rows >= SAMPLE_ROWS || this.#characters >= SAMPLE_CHARACTERS;
  }

  order(parts: readonly PromptPart[]): ColumnOrder {
    return orderColumns(parts, this.#rows, (column) => this.#values.get(column) ?? []);
  }
}
