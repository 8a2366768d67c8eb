import { END, type Language, type Languages, START } from "./language.js";
import type { Pattern } from "./pattern.js";
import { UnsupportedPattern } from "./pattern.js";

/** The strings in which the expression matches somewhere, as JSON Schema's `pattern` has it. */
export function languageOf(languages: Languages, pattern: Pattern): Language {
  return languages.cat(languages.all, followedBy(languages, pattern, languages.all));
}

/** The strings that the expression matches from their beginning to their end. The marks may be read by the expression's own
 *  `^` and `$`, or stand around it. */
export function wholeLanguageOf(languages: Languages, pattern: Pattern): Language {
  const [start, end] = [languages.class([[START, START]]), languages.class([[END, END]])];
  const match = followedBy(languages, pattern, languages.alt(end, languages.empty));
  const strings = languages.repeat(languages.anyChar, 0, Number.POSITIVE_INFINITY);
  return languages.and(
    languages.alt(languages.cat(start, match), match),
    languages.cat(start, languages.cat(strings, end)),
  );
}

/** What matches the pattern and then `rest`: a look-ahead can only be understood together with all that follows it. */
function followedBy(languages: Languages, pattern: Pattern, rest: Language): Language {
  switch (pattern.kind) {
    case "class":
      return languages.cat(languages.class(pattern.ranges), rest);
    case "start":
      return languages.cat(languages.class([[START, START]]), rest);
    case "end":
      return languages.cat(languages.class([[END, END]]), rest);
    case "seq":
      return assertionsInOrder(pattern.parts).reduceRight((after, part) => followedBy(languages, part, after), rest);
    case "alt":
      return languages.alt(...pattern.options.map((option) => followedBy(languages, option, rest)));
    case "repeat": {
      if (pattern.min === 0 && pattern.max === 1) {
        return languages.alt(rest, followedBy(languages, pattern.body, rest));
      }
      if (hasAssertion(pattern.body)) throw new UnsupportedPattern("an assertion in a repeated group");
      const body = followedBy(languages, pattern.body, languages.empty);
      return languages.cat(languages.repeat(body, pattern.min, pattern.max), rest);
    }
    case "look": {
      const ahead = followedBy(languages, pattern.body, languages.all);
      return languages.and(pattern.isNegative ? languages.not(ahead) : ahead, rest);
    }
  }
}

/** Assertions at one place may be tested in any order: `^` first and `$` last, since here both are characters, and each
 *  of them once. */
function assertionsInOrder(parts: readonly Pattern[]): Pattern[] {
  const ordered: Pattern[] = [];
  let run: Pattern[] = [];
  const flush = () => {
    const starts = run.filter((part) => part.kind === "start").slice(0, 1);
    const ends = run.filter((part) => part.kind === "end").slice(0, 1);
    ordered.push(...starts, ...run.filter((part) => part.kind === "look"), ...ends);
    run = [];
  };
  for (const part of parts) {
    if (part.kind === "start" || part.kind === "end" || part.kind === "look") run.push(part);
    else {
      flush();
      ordered.push(part);
    }
  }
  flush();
  return ordered;
}

function hasAssertion(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "class":
      return false;
    case "seq":
      return pattern.parts.some(hasAssertion);
    case "alt":
      return pattern.options.some(hasAssertion);
    case "repeat":
      return hasAssertion(pattern.body);
    default:
      return true;
  }
}
