import type { Column, RowBatch, Source } from "./batch.js";
import { decimalShape } from "./decimalText.js";
import { ExactNumber } from "./exactJson.js";
import { NumberTally } from "./numberStorage.js";

/** Gives the columns of a source of strings types, once all rows have been read: integer, number or boolean, where each value
 *  written in that type is the text that it was. So leading zeros, plus signs and mixed numbers of decimals stay strings, and dates: no column type
 *  holds them. An
 *  empty field says nothing, and becomes null in a typed column; the rows themselves stay strings, and so do prompts. */
export function inferTypes(source: Source): Source {
  const tallies = new Map((source.columns ?? []).map(({ name }) => [name, new TextTally()]));
  async function* batches(): AsyncGenerator<RowBatch> {
    for await (const batch of source.batches()) {
      for (const [name, tally] of tallies) if (tally.isOpen) for (const text of batch.text(name)) tally.see(text);
      yield batch;
    }
  }
  const finalColumns = () =>
    source.finalColumns().map(({ name }) => tallies.get(name)?.column(name) ?? { name, type: "string" as const });
  return { ...source, batches, finalColumns };
}

const INTEGER = /^(?:0|-?[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)\.\d+$/;

/** What all texts of a column are. */
class TextTally {
  readonly #numbers = new NumberTally();
  #isEmpty = true;
  #isBoolean = true;
  #isInteger = true;
  /** Each is written as a double prints itself. */
  #isDouble = true;
  /** Digits behind the point, the same in each: so a decimal type writes them all; NaN before the first. */
  #scale = Number.NaN;
  #isDecimal = true;

  /** Whether the column may still be anything but text. */
  get isOpen(): boolean {
    return this.#isBoolean || this.#isInteger || this.#isDouble || this.#isDecimal;
  }

  see(text: string | null): void {
    if (text === null || text === "") return;
    this.#isEmpty = false;
    this.#isBoolean &&= text === "true" || text === "false";
    const isInteger = INTEGER.test(text);
    this.#isInteger &&= isInteger;
    const isNumber = isInteger || DECIMAL.test(text);
    this.#isDouble &&= isNumber && String(Number(text)) === text;
    // as written, trailing zeros and all: 0.00 has two
    const scale = isNumber && decimalShape(text) !== null ? (text.split(".")[1]?.length ?? 0) : -1;
    if (Number.isNaN(this.#scale)) this.#scale = scale;
    this.#isDecimal &&= scale >= 0 && scale === this.#scale;
    if (isNumber) this.#numbers.see(new ExactNumber(text));
  }

  column(name: string): Column {
    if (this.#isEmpty) return { name, type: "string" };
    if (this.#isBoolean) return { name, type: "boolean" };
    if (!this.#isInteger && this.#isDouble) return { name, type: "number" };
    if (!this.#isInteger && !this.#isDecimal) return { name, type: "string" };
    const storage = this.#isInteger ? this.#numbers.storage : this.#numbers.decimalOf(this.#scale);
    if (storage === "text") return { name, type: "string" };
    const type = this.#isInteger ? "integer" : "number";
    return storage === undefined ? { name, type } : { name, type, storage };
  }
}
