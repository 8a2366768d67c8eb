export { differenceOf, hasCodePoint, intersectionOf, type Ranges, SCALARS, unionOf } from "./codePoints.js";
export { type Dfa, DfaBuilder, longestWay } from "./dfa.js";
export {
  ALL_STRINGS,
  intersection,
  type Lengths,
  listAutomaton,
  MOST_EDGES,
  TooManyStates,
  withLengths,
} from "./operations.js";
