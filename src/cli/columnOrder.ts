import type { JobRecord } from "./door.js";
import { formatShare } from "./quantities.js";
import { cellText } from "./table.js";

/** What became of `--column-order auto`, in one line. */
export function describeColumnOrder(choice: NonNullable<JobRecord["columnChoice"]>): string {
  const { columns, given, sharedText, sharedTextAsGiven } = choice;
  const names = columns.map(cellText).join(", ");
  const asGiven = formatShare(sharedTextAsGiven);
  const isAsGiven = columns.join("\0") === given.filter((part) => columns.includes(part)).join("\0");
  return isAsGiven
    ? `columns in the order given, ${names}: no other order found that shares more than ${asGiven} of the rows' text`
    : `columns in the order ${names}: shares ${formatShare(sharedText)} of the rows' text (as given ${asGiven})`;
}
