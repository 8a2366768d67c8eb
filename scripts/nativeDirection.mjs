// `node scripts/nativeDirection.mjs [FOLDER]`: the direction of includes in native/, or in a copy of it. Every room includes
// from those that the table below gives it and from no other.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The rooms from the ground up, each with those below it that it includes from. */
const ROOMS = {
  counters: [],
  "grammar/interning": [],
  "grammar/automata": ["grammar/interning"],
  "grammar/tables": ["grammar/automata"],
  "grammar/vocabulary": ["grammar/interning", "grammar/automata"],
  "grammar/states": ["grammar/interning", "grammar/automata", "grammar/tables", "grammar/vocabulary"],
  "grammar/matching": ["grammar/interning", "grammar/tables", "grammar/vocabulary", "grammar/states"],
  grammar: ["grammar/matching"],
  "engine/llama": [],
  "engine/sampling": [],
  "engine/graph": ["engine/llama", "engine/sampling"],
  "engine/scoring": ["engine/llama", "engine/sampling"],
  "engine/memory": ["grammar/matching", "engine/llama", "engine/sampling", "engine/graph", "engine/scoring"],
  "engine/drafting": ["engine/memory"],
  "engine/loop": [
    ...["grammar/matching", "engine/sampling", "engine/graph", "engine/scoring", "engine/memory", "engine/drafting"],
  ],
  engine: ["grammar", "engine/llama", "engine/loop"],
  ".": ["counters", "grammar", "engine"],
};

/** Headers that any room may include, since they include none. */
const isForAll = (file) => /(?:_error|napi_line)\.h$/.test(file);

const root = process.argv[2] ?? fileURLToPath(new URL("../native", import.meta.url));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => /\.(?:h|cc)$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
const known = new Set(files);
const problems = [];
const used = new Set();

for (const file of files) {
  const text = readFileSync(join(root, file), "utf8");
  for (const [, name] of text.matchAll(/^#include "([^"]+)"$/gm)) {
    const beside = join(dirname(file), name);
    const included = known.has(beside) ? beside : name;
    const [from, to] = [dirname(file), dirname(included)];
    if (!known.has(included)) problems.push(`${file} includes ${name}, which is not there`);
    else if (isForAll(file)) problems.push(`${file} is for all and includes ${included}`);
    else if (from === to || isForAll(included)) continue;
    else if (ROOMS[from]?.includes(to)) used.add(`${from} ${to}`);
    else problems.push(`${file} includes ${included}: ${from} may not include from ${to}`);
  }
}

const ground = new Set();
for (const [room, below] of Object.entries(ROOMS)) {
  for (const other of below) {
    if (!ground.has(other)) problems.push(`in the table ${other} does not stand below ${room}`);
    if (!used.has(`${room} ${other}`)) problems.push(`in the table ${room} includes from ${other}, which no file does`);
  }
  ground.add(room);
}

for (const problem of problems) console.error(`direction of includes: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
