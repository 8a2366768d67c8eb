import { openSource, type RowBatch, type Source } from "../data/index.js";
import { InputError } from "../errors.js";
import { joinColumns, type PromptPart, planPrompt, wordsAsText } from "../prompt/index.js";

/** Makes the rows' prompts. Where only reading tells the columns (JSON lines, objects), an entry of the `column` option
 *  that the first rows lack may still be a column of later ones and no separator: so the columns are looked for first. */
export class PromptColumns {
  #parts: readonly PromptPart[] | null = null;
  #known = 0;
  #rows = 0;

  private constructor(
    private readonly source: Source,
    private readonly entries: readonly string[],
    private readonly seenBefore: readonly string[],
  ) {}

  /** @param data what the source was opened from; read ahead once more where that can be done and is needed */
  static async open(source: Source, data: unknown, entries: readonly string[]): Promise<PromptColumns> {
    const isOpen = source.kind === "table" && source.columns === null;
    const seen = isOpen && canReadAgain(data) ? await findColumns(data, entries) : [];
    return new PromptColumns(source, entries, seen);
  }

  /** The batch's prompts, null for a row without any text.
   *  @throws {InputError} ROWMILL_NO_SUCH_COLUMN, ROWMILL_LATE_COLUMN */
  promptsOf(batch: RowBatch): (string | null)[] {
    const parts = this.#partsNow();
    this.#rows += batch.rowCount;
    return joinColumns(parts, batch.rowCount, (column) => batch.text(column));
  }

  /** Words among the entries that are no column; known once the first batch has been read. */
  get wordsAsText(): readonly string[] {
    return wordsAsText(this.#parts ?? []);
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

/** Paths and arrays; an iterable can be read only once. */
function canReadAgain(data: unknown): boolean {
  return typeof data === "string" || Array.isArray(data) || data instanceof URL;
}

/** Reads until every entry that could be a column's name has been seen, or to the end. */
async function findColumns(data: unknown, entries: readonly string[]): Promise<string[]> {
  const wanted = entries.filter((entry) => /[\p{L}\p{N}]/u.test(entry));
  const source = await openSource(data, { columns: entries });
  let names: string[] = [];
  for await (const _ of source.batches()) {
    names = source.finalColumns().map((column) => column.name);
    if (wanted.every((entry) => names.includes(entry))) break;
  }
  return names;
}
