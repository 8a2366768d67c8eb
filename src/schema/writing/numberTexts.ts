import { charsOf, choice, type IrNode, optional, repeat, seq, text } from "../../grammar/index.js";
import { decimalOf, type Numeric } from "../../language/index.js";
import { numberText } from "./literalText.js";

const DIGIT = charsOf("09");
const MINUS = optional(text("-"));

/** Whole numbers of at most so many digits, null for any number. */
function whole(most: number | null): IrNode {
  return choice(text("0"), seq(charsOf("19"), repeat(DIGIT, 0, most === null ? null : most - 1)));
}

function fraction(digit: IrNode, most: number | null): IrNode {
  return optional(seq(text("."), repeat(digit, 1, most)));
}

const E = charsOf("EE", "ee");
const PLUS = optional(text("+"));
/** Exponents that keep a number of up to 15 digits finite. */
const TAME_EXPONENT = seq(
  E,
  choice(
    seq(PLUS, choice(repeat(DIGIT, 1, 2), seq(charsOf("12"), charsOf("07"), DIGIT))),
    seq(text("-"), repeat(DIGIT, 1, 3)),
  ),
);
/** Exponents that keep a number of a hundred digits finite, and those that keep only one digit so. */
const EXPONENT = seq(
  E,
  choice(
    seq(PLUS, choice(repeat(DIGIT, 1, 2), seq(charsOf("01"), DIGIT, DIGIT), seq(text("20"), charsOf("07")))),
    seq(text("-"), repeat(DIGIT, 1, 3)),
  ),
);
const LARGE_EXPONENT = seq(
  E,
  PLUS,
  choice(seq(text("20"), charsOf("89")), seq(text("2"), charsOf("19"), DIGIT), seq(text("30"), charsOf("07"))),
);

/** Any number and any integer: every text is a finite double, in the full reading as far as its digits leave that to its
 *  exponent. */
export function anyNumber(isFull: boolean): IrNode {
  if (!isFull) return seq(MINUS, whole(15), fraction(DIGIT, 17), optional(TAME_EXPONENT));
  return seq(
    MINUS,
    choice(
      seq(whole(null), fraction(DIGIT, null), optional(EXPONENT)),
      seq(DIGIT, fraction(DIGIT, null), LARGE_EXPONENT),
      seq(text("1"), optional(seq(text("."), charsOf("06"), repeat(DIGIT, 0, null))), E, PLUS, text("308")),
    ),
  );
}

export function anyInteger(isFull: boolean): IrNode {
  if (!isFull) return choice(whole(15), seq(text("-"), charsOf("19"), repeat(DIGIT, 0, 14)));
  const exponent = optional(seq(E, PLUS, repeat(DIGIT, 1, 2)));
  // 1.5e17 and the like: Python writes whole numbers so from 1e16 up
  const shifted = seq(
    charsOf("19"),
    text("."),
    repeat(DIGIT, 1, 17),
    E,
    PLUS,
    choice(seq(text("1"), charsOf("79")), seq(charsOf("29"), DIGIT), seq(charsOf("12"), DIGIT, DIGIT)),
  );
  return seq(MINUS, choice(seq(whole(null), fraction(text("0"), null), exponent), shifted));
}

/** A number as numberText has it; in the full reading also with more zeros behind the point, or an exponent. */
export function valueText(value: Numeric, isFull: boolean): IrNode {
  const written = text(numberText(value));
  if (!isFull) return written;
  const { isNegative, digits, point } = decimalOf(value);
  const zeros = repeat(text("0"), 0, null);
  const moreZeros = (behind: string) => (behind === "" ? fraction(text("0"), null) : seq(text(`.${behind}`), zeros));
  if (digits === "") return seq(MINUS, text("0"), moreZeros(""));
  const power = point - 1;
  const exponent = [
    text(digits[0]!),
    moreZeros(digits.slice(1)),
    E,
    power < 0 ? text("-") : PLUS,
    repeat(text("0"), 0, 2),
    text(String(Math.abs(power))),
  ];
  const options = [seq(...exponent)];
  if (Math.abs(point) <= 30) {
    const before = point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0");
    const behind = point <= 0 ? "0".repeat(-point) + digits : digits.slice(point);
    options.unshift(seq(text(before), moreZeros(behind)));
  }
  return seq(text(isNegative ? "-" : ""), choice(...options));
}
