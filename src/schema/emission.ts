import type { Alternative, Clause } from "./atoms.js";
import type { IrNode } from "./ir.js";
import type { Punctuation } from "./jsonText.js";
import type { JsonType } from "./jsonTypes.js";

/** What writing the grammar of one alternative needs of the whole. */
export interface Emission {
  readonly punctuation: Punctuation;
  /** Objects have no members but those that their schema speaks of, where it says nothing of others. */
  readonly isIntended: boolean;
  /** The grammar of the values that satisfy a clause. */
  nodeOf(clause: Clause): IrNode;
  /** Names a piece of the grammar, made at first use, and gives a reference to it. */
  addRule(name: string, make: () => IrNode): IrNode;
  waysOf(clause: Clause, type: JsonType): readonly Alternative[];
  /** Notes what the grammar holds only in part. */
  leaveToCheck(what: string): void;
}
