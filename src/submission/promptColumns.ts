import { type EncodedBatch, openSource, type RowBatch, type Source, type SourceOptions } from "../data/index.js";
import { InputError } from "../errors.js";
import type { ColumnChoice } from "../jobs/index.js";
import { joinColumns, type PromptPart, planPrompt, sideBySide, wordsAsText } from "../prompt/index.js";
import { ColumnSample } from "./columnSample.js";
import type { CheckedOptions } from "./options.js";

/** Consecutive rows with their prompts. */
export interface PromptBatch {
  /** `null` for a row without any text. */
  readonly prompts: readonly (string | null)[];
  /** The rows as they were read, for keeping; `null` for a list. */
  readonly inputs: EncodedBatch | null;
}

/** Reads a source's rows and makes their prompts. Where only reading tells the columns (JSON lines, objects), an entry of the `column` option
 *  that the first rows lack may still be a column of later ones and no separator: so the columns are looked for first. */
export class PromptColumns {
  #parts: readonly PromptPart[] | null = null;
  /** The parts in the order in which they are joined; `null` until it is known. */
  #joined: readonly PromptPart[] | null = null;
  #choice: ColumnChoice | null = null;
  #known = 0;
  #rows = 0;

  private constructor(
    private readonly source: Source,
    private readonly entries: readonly string[],
    private readonly order: "given" | "auto",
    private readonly seenBefore: readonly string[],
  ) {}

  /** @param data what the source was opened from; read ahead once more where that can be done and is needed */
  static async open(
    source: Source,
    data: unknown,
    { reading, columnOrder }: Pick<CheckedOptions, "reading" | "columnOrder">,
  ): Promise<PromptColumns> {
    const isOpen = source.kind === "table" && source.columns === null;
    const seen = isOpen && source.isReadOnce !== true && canReadAgain(data) ? await findColumns(data, reading) : [];
    return new PromptColumns(source, reading.columns ?? [], columnOrder, seen);
  }

  /** All rows, once. With the order "auto" the first ones wait until it has been found from them.
   *  @throws {InputError} ROWMILL_NO_SUCH_COLUMN, ROWMILL_LATE_COLUMN, and as the source */
  async *batches(): AsyncGenerator<PromptBatch> {
    const sample = new ColumnSample();
    for await (const batch of this.source.batches()) {
      const parts = this.#partsNow();
      this.#rows += batch.rowCount;
      if (this.order === "given" || columnsOf(parts).length < 2) this.#joined = parts;
      if (this.#joined !== null) {
        yield promptsOf(batch, this.#joined);
        continue;
      }
      sample.add(batch, parts);
      if (sample.isFull) yield* this.#chooseOrder(sample);
    }
    if (this.#joined === null && sample.batches.length > 0) yield* this.#chooseOrder(sample);
  }

  /** Words among the entries that are no column; known once the first batch has been read. */
  get wordsAsText(): readonly string[] {
    return wordsAsText(this.#parts ?? []);
  }

  /** Columns with nothing between them, as they were given; known once the first batch has been read. */
  get sideBySide(): readonly (readonly [string, string])[] {
    return sideBySide(this.#parts ?? []);
  }

  /** The entries in the order in which they were joined; known once the first prompts are. */
  get joined(): readonly string[] {
    return this.#choice === null || this.#joined === this.#parts ? this.entries : textsOf(this.#joined ?? []);
  }

  /** What "auto" has found; `null` where there was nothing to order. */
  get choice(): ColumnChoice | null {
    return this.#choice;
  }

  *#chooseOrder(sample: ColumnSample): Generator<PromptBatch> {
    const { parts, sharedText, sharedTextAsGiven } = sample.order(this.#parts ?? []);
    this.#joined = parts;
    this.#choice = { columns: columnsOf(parts), given: this.entries, sharedText, sharedTextAsGiven };
    for (const batch of sample.batches) yield promptsOf(batch, parts);
    sample.batches.length = 0;
  }

  #partsNow(): readonly PromptPart[] {
    if (this.source.kind === "list") return [{ column: "" }];
    const names = [...this.seenBefore, ...(this.source.columns ?? this.source.finalColumns()).map(({ name }) => name)];
    if (this.#parts === null) this.#parts = planPrompt(this.entries, [...new Set(names)]);
    else if (names.length > this.#known) this.#checkLiterals(this.#parts, names);
    this.#known = names.length;
    return this.#parts;
  }

  #checkLiterals(parts: readonly PromptPart[], names: readonly string[]): void {
    const late = parts.find((part) => "literal" in part && names.includes(part.literal));
    if (late === undefined || !("literal" in late)) return;
    throw new InputError(
      "ROWMILL_LATE_COLUMN",
      `column ${JSON.stringify(late.literal)} first appears after row ${this.#rows}, until then it was text between columns: let the first row have every column, null where it has no value`,
    );
  }
}

function promptsOf(batch: RowBatch, parts: readonly PromptPart[]): PromptBatch {
  return { prompts: joinColumns(parts, batch.rowCount, (column) => batch.text(column)), inputs: batch.encode() };
}

const columnsOf = (parts: readonly PromptPart[]): string[] =>
  parts.flatMap((part) => ("column" in part ? [part.column] : []));

const textsOf = (parts: readonly PromptPart[]): string[] =>
  parts.map((part) => ("column" in part ? part.column : part.literal));

/** Paths and arrays; an iterable can be read only once. */
function canReadAgain(data: unknown): boolean {
  return typeof data === "string" || Array.isArray(data) || data instanceof URL;
}

/** Reads until every entry that could be a column's name has been seen, or to the end. */
async function findColumns(data: unknown, reading: SourceOptions): Promise<string[]> {
  const entries = reading.columns ?? [];
  const wanted = entries.filter((entry) => /[\p{L}\p{N}]/u.test(entry));
  const source = await openSource(data, reading);
  let names: string[] = [];
  for await (const _ of source.batches()) {
    names = source.finalColumns().map((column) => column.name);
    if (wanted.every((entry) => names.includes(entry))) break;
  }
  return names;
}
