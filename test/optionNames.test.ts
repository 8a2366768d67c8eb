import { expect, it } from "vitest";
import { InputError } from "../src/errors.js";
import { naming, option, optionsIn, programText, textIn } from "../src/optionNames.js";

const shell = ({ option, value }: { option: string; value?: unknown }): string =>
  `--${option}${value === undefined ? "" : ` ${value}`}`;

const message = naming`a column.csv of ${2} needs the option ${option("column")}, or ${naming`option ${option("quotes", "relaxed")}`}`;

it("a message calls options as a program does, and as each door does", () => {
  expect(programText(message)).toBe('a column.csv of 2 needs the option column, or option quotes: "relaxed"');
  expect(textIn(shell, message)).toBe("a column.csv of 2 needs --column, or --quotes relaxed");
  expect(optionsIn(message)).toEqual([{ option: "column" }, { option: "quotes", value: "relaxed" }]);
});

it("a message without options is the same at every door", () => {
  for (const plain of ["the option column", naming`the option ${"column"}`]) {
    expect(textIn(shell, plain)).toBe("the option column");
    expect(optionsIn(plain)).toEqual([]);
  }
});

it("an error is told in a door's words, and has its options as data", () => {
  const error = new InputError("ROWMILL_COLUMN_MISSING", message);
  expect(error.message).toBe(programText(message));
  expect(error.messageIn(shell)).toBe(textIn(shell, message));
  expect(error.options).toEqual(optionsIn(message));
  expect(new InputError("ROWMILL_EMPTY_TABLE", "no rows").options).toEqual([]);
});
