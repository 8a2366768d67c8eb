import { ENGINES, type LocalEngineName } from "../../src/engine/index.js";
import { InputError } from "../../src/errors.js";
import { MOST_SLOTS } from "../../src/schedule/index.js";
import { readNumberFlag } from "../flags/number.js";
import type { Configuration } from "./subject.js";

/** Parts of configurations that are not to be searched for. */
export interface ConfigurationPins {
  readonly all: Partial<Configuration>;
  /** By the engine's or peer's name; instead of `all`. */
  readonly one: Readonly<Record<string, Partial<Configuration>>>;
  /** What only the native engine has. */
  readonly native: Partial<Configuration>;
}

export type OwnEngineName = LocalEngineName;

const OWN_ENGINES = ENGINES.filter((name): name is OwnEngineName => name !== "auto" && name !== "http");
const PINNED = [...OWN_ENGINES, "llama-server", "llama-batched-bench"];

/** @throws {InputError} ROWMILL_BAD_OPTION, with the names that are taken */
export function readEngines(text: string): readonly OwnEngineName[] {
  return readList("--engine", text, OWN_ENGINES);
}

/** Names with commas between them, each once.
 *  @throws {InputError} ROWMILL_BAD_OPTION, with the names that are taken */
export function readList<Name extends string>(flag: string, text: string, names: readonly Name[]): readonly Name[] {
  const given = text.split(",").map((name) => name.trim());
  const unknown = given.find((name) => names.every((known) => known !== name));
  if (unknown !== undefined)
    throw new InputError("ROWMILL_BAD_OPTION", `${flag} takes ${names.join(", ")}, not "${unknown}"`);
  return names.filter((name) => given.includes(name)).sort((a, b) => given.indexOf(a) - given.indexOf(b));
}

interface PinFlags {
  readonly workers?: string | undefined;
  readonly threads?: string | undefined;
  readonly slots?: string | undefined;
  readonly drafts?: string | undefined;
  readonly graph?: boolean;
  readonly pin: readonly string[];
}

/** @throws {InputError} ROWMILL_BAD_OPTION */
export function readConfigurationPins(flags: PinFlags): ConfigurationPins {
  const all: Record<string, number> = {};
  for (const name of ["workers", "threads", "slots"] as const) {
    const text = flags[name];
    if (text !== undefined) all[name] = readNumberFlag(`--${name}`, text, "count");
  }
  checkSlots(all.slots);
  if (flags.graph === true && Number(flags.drafts ?? 0) > 0)
    throw new InputError("ROWMILL_BAD_OPTION", "--graph can't have --drafts: what is drafted needs the logits");
  const native = {
    ...(flags.drafts !== undefined && { draftTokens: readNumberFlag("--drafts", flags.drafts, "index") }),
    ...(flags.graph === true && { samplesInGraph: true, draftTokens: 0 }),
  };
  return { all, one: Object.fromEntries(flags.pin.map(readPin)), native };
}

function checkSlots(slots = 0): void {
  if (slots > MOST_SLOTS) throw new InputError("ROWMILL_BAD_OPTION", `at most ${MOST_SLOTS} slots, not ${slots}`);
}

function readPin(text: string): [name: string, pinned: Partial<Configuration>] {
  const match = /^(?<name>[\w-]+)=(?<workers>[1-9]\d*)x(?<threads>[1-9]\d*)x(?<slots>[1-9]\d*)$/.exec(text)?.groups;
  if (match === undefined)
    throw new InputError(
      "ROWMILL_BAD_OPTION",
      `--pin takes NAME=WORKERSxTHREADSxSLOTS, e.g. native=1x2x16, not "${text}"`,
    );
  const { name = "", workers, threads, slots } = match;
  readList("--pin", name, PINNED);
  checkSlots(Number(slots));
  return [name, { workers: Number(workers), threads: Number(threads), slots: Number(slots) }];
}
