import type { IrNode } from "../../grammar/index.js";
import type { StringContent } from "../../language/index.js";
import type { Alternative, Clause } from "../conditions/index.js";
import type { JsonType } from "../document/index.js";
import type { Punctuation } from "./jsonText.js";

/** How to read what a schema leaves unsaid. `intended`: an object that lists properties has no others, and a schema with
 *  properties or items but no type means objects or arrays, and a word that is all but a keyword is a slip of the pen.
 *  `full`: as the specification has it, anything goes. */
export type SchemaReading = "intended" | "full";

/** What writing the grammar of one alternative needs of the whole. */
export interface Emission {
  readonly punctuation: Punctuation;
  readonly reading: SchemaReading;
  /** The grammar of the values that satisfy a clause. */
  nodeOf(clause: Clause): IrNode;
  /** Names a piece of the grammar, made at first use, and gives a reference to it. */
  addRule(name: string, make: () => IrNode): IrNode;
  waysOf(clause: Clause, type: JsonType): readonly Alternative[];
  /** Counts members that are written, and ends a compilation that has too many. */
  spend(members: number): void;
  /** Counts the edges of a string's automaton.
   *  @returns false when all strings together would have too many: this one is left to the check */
  hasRoomFor(content: StringContent): boolean;
  /** Notes what the grammar holds only in part. */
  leaveToCheck(what: string): void;
}
