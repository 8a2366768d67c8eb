import { type Dfa, DfaBuilder, listAutomaton, MOST_EDGES, type Ranges } from "../automata/index.js";
import { Alphabet, END } from "./alphabet.js";
import { AT_START, type Context, type Language, Languages, MOST_SYMBOLS } from "./languages.js";
import { type Pattern, UnsupportedPattern } from "./pattern.js";

/** Look-behinds that an expression may have. */
const MOST_BEHINDS = 9;
/** Repetitions of a group that may be empty that are written out. */
const MOST_EMPTY = 20;
/** What a construction may cost: a fifth of a second. */
const MOST_WORK = 600_000;

/** The strings in which the expression matches somewhere, as JSON Schema's `pattern` has it.
 *  @param onWork  told what it took, as MOST_WORK counts it
 *  @returns null when it would need more than `stateLimit` states, or be as much work
 *  @throws {UnsupportedPattern} */
export function searchAutomaton(
  pattern: Pattern,
  stateLimit: number,
  onWork: (work: number) => void = () => {},
): Dfa | null {
  const words = listedWords(pattern);
  if (words !== null) return listAutomaton(words);
  const compiler = new PatternCompiler(pattern);
  const { languages } = compiler;
  const found = compiler.followedBy(pattern, languages.anyRest);
  const automaton = compiler.automaton(languages.cat(languages.anyString, found), stateLimit);
  onWork(languages.work);
  return automaton;
}

/** The strings that the expression matches from beginning to end.
 *  @returns null when it would need more than `stateLimit` states, or be as much work
 *  @throws {UnsupportedPattern} */
export function wholeAutomaton(pattern: Pattern, stateLimit: number): Dfa | null {
  const compiler = new PatternCompiler(pattern);
  return compiler.automaton(compiler.followedBy(pattern, compiler.languages.end), stateLimit);
}

/** Fewer words are an expression like any other. */
const SHORTEST_LIST = 50;

/** The words of an expression that is no more than a long list of them, `^(one|two|…)$`; null for any other. */
function listedWords(pattern: Pattern): string[] | null {
  if (pattern.kind !== "seq" || pattern.parts.length !== 3) return null;
  const [start, list, end] = pattern.parts as readonly [Pattern, Pattern, Pattern];
  if (start.kind !== "start" || end.kind !== "end" || list.kind !== "alt") return null;
  if (list.options.length < SHORTEST_LIST) return null;
  const words: string[] = [];
  for (const option of list.options) {
    const parts = option.kind === "seq" ? option.parts : [option];
    let word = "";
    for (const part of parts) {
      if (part.kind !== "class" || part.ranges.length !== 1 || part.ranges[0]![0] !== part.ranges[0]![1]) return null;
      word += String.fromCodePoint(part.ranges[0]![0]);
    }
    words.push(word);
  }
  return words;
}

class PatternCompiler {
  readonly languages: Languages;
  /** What has been read where a look-behind holds, one language for each. */
  readonly #behinds: Language[] = [];
  readonly #behindBits = new Map<string, Context>();
  readonly #bodies = new Map<Pattern, number>();

  constructor(pattern: Pattern) {
    const classes = new Set<Ranges>();
    collectClasses(pattern, classes);
    const alphabet = new Alphabet(classes);
    if (alphabet.size >= MOST_SYMBOLS) throw new UnsupportedPattern("too many different characters");
    this.languages = new Languages(alphabet);
    // all of them before the first state is made: a repeated group is only looked into when it is reached
    visit(pattern, (part) => {
      if (part.kind === "behind") this.#bitOf(part.body);
    });
  }

  /** What matches the pattern and then `rest`: a look-ahead can only be understood together with all that follows it. */
  followedBy(pattern: Pattern, rest: Language): Language {
    const { languages } = this;
    switch (pattern.kind) {
      case "class":
        return languages.cat(languages.class(pattern.ranges), rest);
      case "start":
        return languages.cat(languages.behind(AT_START, false), rest);
      case "end":
        return languages.and(languages.endAhead, rest);
      case "look": {
        const ahead = this.followedBy(pattern.body, languages.all);
        return languages.and(pattern.isNegative ? languages.not(ahead) : ahead, rest);
      }
      case "behind":
        return languages.cat(languages.behind(this.#bitOf(pattern.body), pattern.isNegative), rest);
      case "seq":
        return pattern.parts.reduceRight((after, part) => this.followedBy(part, after), rest);
      case "alt":
        if (!hasAssertion(pattern)) return languages.cat(this.#plain(pattern), rest);
        return languages.alt(...pattern.options.map((option) => this.followedBy(option, rest)));
      case "repeat":
        if (!hasAssertion(pattern.body)) return languages.cat(this.#plain(pattern), rest);
        if (pattern.min === 0 && pattern.max === 1) return languages.alt(rest, this.followedBy(pattern.body, rest));
        if (pattern.min === 1 && pattern.max === 1) return this.followedBy(pattern.body, rest);
        return this.#repeated(pattern.body, pattern.min, pattern.max, rest);
    }
  }

  #repeated(body: Pattern, min: number, max: number, rest: Language): Language {
    if (!isNullable(body)) return this.#loop(body, min, max, rest);
    if (min > MOST_EMPTY) throw new UnsupportedPattern("an assertion that is repeated many times");
    // beyond those that it must have, ECMA-262 takes no repetition that is empty
    const full = nonEmpty(body);
    const more = full === null ? rest : this.#loop(full, 0, max - min, rest);
    return Array.from({ length: min }, () => body).reduceRight((after, part) => this.followedBy(part, after), more);
  }

  /** A repeated group with assertions: each time it is read together with all the times after it. */
  #loop(body: Pattern, min: number, max: number, rest: Language): Language {
    const { languages } = this;
    if (max === 0) return rest;
    const id = this.#bodies.get(body) ?? this.#bodies.size;
    this.#bodies.set(body, id);
    return languages.lazy(`loop ${id} ${min} ${max} ${rest.id}`, min === 0 && rest.isNullable, () => {
      const once = this.followedBy(body, this.#loop(body, Math.max(0, min - 1), max - 1, rest));
      return min === 0 ? languages.alt(rest, once) : once;
    });
  }

  /** A pattern without assertions, by itself. */
  #plain(pattern: Pattern): Language {
    const { languages } = this;
    switch (pattern.kind) {
      case "class":
        return languages.class(pattern.ranges);
      case "seq":
        return pattern.parts.reduceRight((after, part) => languages.cat(this.#plain(part), after), languages.empty);
      case "alt":
        return languages.alt(...pattern.options.map((option) => this.#plain(option)));
      case "repeat":
        return languages.repeat(this.#plain(pattern.body), pattern.min, pattern.max);
      default:
        throw new Error(`${pattern.kind} is an assertion`);
    }
  }

  #bitOf(body: Pattern): Context {
    if (hasLook(body)) throw new UnsupportedPattern("a look-around within a look-behind");
    const read = this.languages.cat(this.languages.anyString, this.followedBy(body, this.languages.empty));
    const key = String(read.id);
    let bit = this.#behindBits.get(key);
    if (bit === undefined) {
      if (this.#behinds.length === MOST_BEHINDS) throw new UnsupportedPattern("many look-behinds");
      this.#behinds.push(read);
      bit = AT_START << this.#behinds.length;
      this.#behindBits.set(key, bit);
    }
    return bit;
  }

  automaton(start: Language, stateLimit: number): Dfa | null {
    const { languages } = this;
    const { alphabet } = languages;
    const builder = new DfaBuilder();
    const states: { readonly language: Language; readonly behinds: readonly Language[] }[] = [];
    const indexes = new Map<string | number, number>();
    const indexOf = (language: Language, behinds: readonly Language[]): number => {
      const isAsked = language.hasContext && behinds.length > 0;
      const key = isAsked ? `${language.id},${behinds.map(({ id }) => id).join()}` : language.id;
      let index = indexes.get(key);
      if (index === undefined) {
        index = states.length;
        indexes.set(key, index);
        states.push({ language, behinds: isAsked ? behinds : [] });
      }
      return index;
    };
    if (start.hasContext) states.push({ language: start, behinds: this.#behinds });
    else indexOf(start, []);
    const targets = new Int32Array(alphabet.size);
    for (let index = 0; index < states.length; index++) {
      if (states.length > stateLimit || builder.edgeCount > MOST_EDGES || languages.work > MOST_WORK) return null;
      const { language, behinds } = states[index]!;
      const before = index === 0 ? AT_START : 0;
      const context = behinds.reduce((bits, behind, place) => {
        return languages.isNullable(behind, before) ? bits | (AT_START << (place + 1)) : bits;
      }, before);
      const after = (part: Language, symbol: number, inContext: Context) => {
        const derived = languages.derive(part, symbol, inContext);
        return index === 0 ? languages.pastStart(derived) : derived;
      };
      for (const symbols of languages.split([language, ...behinds])) {
        const next = after(language, symbols[0]!, context);
        const nextBehinds = next.hasContext ? behinds.map((behind) => after(behind, symbols[0]!, before)) : [];
        const target = next === languages.none ? -1 : indexOf(next, nextBehinds);
        for (const symbol of symbols) targets[symbol] = target;
      }
      const { pieces } = alphabet;
      for (let at = 0; at < pieces.length; at += 3) {
        const target = targets[pieces[at + 2]!]!;
        if (target >= 0) builder.edge(pieces[at]!, pieces[at + 1]!, target);
      }
      builder.endState(languages.derive(language, END, context).isNullable);
    }
    return builder.build();
  }
}

function collectClasses(pattern: Pattern, classes: Set<Ranges>): void {
  visit(pattern, (part) => {
    if (part.kind === "class") classes.add(part.ranges);
  });
}

function visit(pattern: Pattern, see: (part: Pattern) => void): void {
  see(pattern);
  if (pattern.kind === "seq") for (const part of pattern.parts) visit(part, see);
  else if (pattern.kind === "alt") for (const option of pattern.options) visit(option, see);
  else if ("body" in pattern) visit(pattern.body, see);
}

function isSome(pattern: Pattern, isIt: (one: Pattern) => boolean): boolean {
  if (isIt(pattern)) return true;
  switch (pattern.kind) {
    case "seq":
      return pattern.parts.some((part) => isSome(part, isIt));
    case "alt":
      return pattern.options.some((option) => isSome(option, isIt));
    case "repeat":
    case "look":
    case "behind":
      return isSome(pattern.body, isIt);
    default:
      return false;
  }
}

const ASSERTIONS: ReadonlySet<Pattern["kind"]> = new Set(["start", "end", "look", "behind"]);

function hasAssertion(pattern: Pattern): boolean {
  return isSome(pattern, ({ kind }) => ASSERTIONS.has(kind));
}

function hasLook(pattern: Pattern): boolean {
  return isSome(pattern, ({ kind }) => kind === "look" || kind === "behind" || kind === "end");
}

/** What of the pattern has a character at least; null when nothing has. */
function nonEmpty(pattern: Pattern): Pattern | null {
  if (!isNullable(pattern)) return pattern;
  switch (pattern.kind) {
    case "seq": {
      const options = pattern.parts.flatMap((part, index) => {
        const full = nonEmpty(part);
        return full === null ? [] : [{ ...pattern, parts: pattern.parts.with(index, full) }];
      });
      return options.length === 0 ? null : { kind: "alt", options };
    }
    case "alt": {
      const options = pattern.options.map(nonEmpty).filter((option) => option !== null);
      return options.length === 0 ? null : { kind: "alt", options };
    }
    case "repeat": {
      const full = nonEmpty(pattern.body);
      if (full === null || pattern.max === 0) return null;
      const { body, min, max } = pattern;
      return { kind: "seq", parts: [full, { kind: "repeat", body, min: Math.max(0, min - 1), max: max - 1 }] };
    }
    default:
      return null;
  }
}

/** Whether the pattern may match without a character. */
export function isNullable(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "class":
      return false;
    case "seq":
      return pattern.parts.every(isNullable);
    case "alt":
      return pattern.options.some(isNullable);
    case "repeat":
      return pattern.min === 0 || isNullable(pattern.body);
    default:
      return true;
  }
}
