// Writes docs/options.md: the tables of options, flags, commands and methods as the source has them. `--check` writes
// nothing and ends with 1 where the page is not what it would write.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { flagOfOption } from "../dist/cli/inferFlags.js";
import { createProgram } from "../dist/cli/program.js";
import { OPTION_DEFAULTS } from "../dist/inferTable.js";
import { readConfig } from "../dist/jobs/config.js";
import { samplingTable } from "../dist/sampling.js";
import { fieldsOf, membersOf, methodsOf, openSources } from "./sourceTables.mjs";

const root = new URL("..", import.meta.url);
const page = new URL("docs/options.md", root);
const SAMPLING = "src/sampling.ts";
const OPTIONS = "src/inferTable.ts";
const FACADE = "src/rowmillOptions.ts";
const CONFIG = "src/jobs/config.ts";

const config = readConfig(fileURLToPath(new URL("docs/no such config.json", root)));
const sources = openSources(root, [SAMPLING, OPTIONS, FACADE, CONFIG, "src/rowmill.ts"]);
const program = createProgram();
const infer = program.commands.find((command) => command.name() === "infer");

/** What depends on another option or on config.json as well. */
const filledIn = { ...OPTION_DEFAULTS, model: config.defaultModel, engine: config.engine, stayAttached: true };

/** Options that the shell has flags of its own for. */
const flagNames = { dryRun: "--dry-run", stayAttached: "--detach" };

/** What has no comment of its own in the source, or one that leans on its neighbour's. */
const WORDS = {
  systemPrompt: "The task, the same for every row.",
  samplingParams: "How tokens are chosen: see the next table.",
  defaultModel: "The model of jobs that name none.",
  close: "Ends an in-process runner (its unfinished jobs stay queued) and closes the home; a runner process goes on.",
  getJob: "Gives the job's record.",
  getJobStatus: "Gives the job's status; UNKNOWN for an id that no job has.",
  getQuotas: "Gives how large a job may be: one quota a priority.",
  listJobs: "Gives the records of all jobs, the newest first.",
  showModel: "Gives what is known of a model.",
};

const code = (text) => (text === "" ? "" : `\`${text.replaceAll("|", "\\|")}\``);
const sentence = (text) => text.replace(/^\w(?!\w*:)/, (letter) => letter.toUpperCase()).replace(/\.?$/, ".");
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(head, rows) {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return lines.join("\n");
}

const flagOf = (name) => flagNames[name] ?? flagOfOption(name);

/** The default, and what the comment says beside it. */
function splitDefault(name, doc, values) {
  const said =
    /\s?Default:? ("[^"]*"|[\w.~/]*\w)\.?$/.exec(doc) ??
    /("\w+"|\w+)(?: \w+)? \(default\)/.exec(doc) ??
    /\bDefault ("\w+"|\d+|true|false)\b/.exec(doc);
  const value = values[name];
  const shown = value === undefined || value === null || typeof value === "object" ? said?.[1] : JSON.stringify(value);
  const isWhole = said?.[0].trimStart().startsWith("Default") && said[1] === shown && doc.endsWith(said[0]);
  return { shown: shown ?? "", meaning: isWhole ? doc.slice(0, said.index).trim() : doc };
}

function optionRow({ name, values, doc }, defaults, flags) {
  const flag = flags ? flagOf(name) : "";
  const described =
    WORDS[name] ?? (doc || sentence(infer.options.find(({ long }) => long === flag)?.description ?? ""));
  const { shown, meaning } = splitDefault(name, described, defaults);
  return [code(name), ...(flags ? [code(flag)] : []), code(values), code(shown), cell(meaning)];
}

const optionTable = (file, name, zodName, defaults = {}) =>
  table(
    ["option", "values", "default", "meaning"],
    membersOf(sources, file, name, zodName).map((member) => optionRow(member, defaults, false)),
  );

function samplingRows() {
  const { properties } = z.toJSONSchema(samplingTable, { io: "input" });
  const filled = samplingTable.parse({});
  const rows = fieldsOf(sources, SAMPLING, "samplingTable").map(({ name, doc }) =>
    optionRow({ name, doc, values: valuesOf(properties[name]) }, filled, false),
  );
  return table(["option", "values", "default", "meaning"], rows);
}

/** "whole number, 0 to 10" of a JSON Schema. */
function valuesOf({ type, anyOf, items, minimum, exclusiveMinimum, maximum }) {
  if (anyOf) return anyOf.map(valuesOf).join(" | ");
  if (type === "array") return `${valuesOf(items)}[]`;
  if (type !== "integer" && type !== "number") return type;
  const kind = type === "integer" ? "whole number" : "number";
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? "" : maximum;
  if (exclusiveMinimum !== undefined)
    return `${kind} above ${exclusiveMinimum}${most === "" ? "" : `, at most ${most}`}`;
  return most === "" ? `${kind}, ${minimum} or more` : `${kind}, ${minimum} to ${most}`;
}

function inferTable() {
  const members = membersOf(sources, OPTIONS, "InferOptions", "inferTable");
  const rows = members.map((member) => optionRow(member, filledIn, true));
  return table(["option", "flag", "values", "default", "meaning"], rows);
}

function flagTable() {
  const taken = new Set(membersOf(sources, OPTIONS, "InferOptions", "inferTable").map(({ name }) => flagOf(name)));
  const left = infer.options.filter(({ long }) => !taken.has(long) || long === "--detach");
  const row = ({ flags, description, argChoices }) => [
    code(flags),
    cell(sentence(description)),
    argChoices ? argChoices.map(code).join(" ") : "",
  ];
  const shared = program.options.filter(({ long }) => long !== "--version");
  return [
    table(["flag of `infer`", "meaning", "values"], left.map(row)),
    table(["flag of every command", "meaning", "values"], shared.map(row)),
  ].join("\n\n");
}

function commandTable() {
  const leaves = (command, names) =>
    command.commands.length === 0
      ? [[names, command]]
      : command.commands.flatMap((child) => leaves(child, [...names, child.name()]));
  const usage = ({ registeredArguments }) =>
    registeredArguments.map((one) => (one.variadic ? `<${one.name()}...>` : `<${one.name()}>`)).join(" ");
  const rows = leaves(program, []).map(([names, command]) => [
    code(`rowmill ${names.join(" ")} ${usage(command)}`.trim()),
    cell(command.description()),
    command === infer
      ? "above"
      : command.options
          .filter(({ long }) => long !== "--json")
          .map(({ long }) => code(long))
          .join(" "),
  ]);
  return table(["command", "does", "flags beside `--json`"], rows);
}

function configTable() {
  const rows = fieldsOf(sources, CONFIG, "homeConfig").map(({ name, values, doc }) => [
    code(name),
    code(name === "quotas" ? "[{ rowQuota, tokenQuota }, { … }]" : values),
    code(JSON.stringify(config[name])),
    cell(WORDS[name] ?? (doc || "Likewise.")),
  ]);
  return table(["field", "values", "default", "meaning"], rows);
}

const methodTable = () =>
  table(
    ["method", "does"],
    methodsOf(sources, "src/rowmill.ts", "Rowmill").map(({ call, name, doc }) => [
      code(call),
      cell(WORDS[name] ?? doc),
    ]),
  );

const text = `# Options

This page is made from the source by \`npm run docs:options\`. Don't change it by hand.

An unknown option is an error that names the nearest known one. So is an unknown flag.

Here are all of them, by the door where they are given:

- [Options of \`infer\`](#options-of-infer), and [sampling parameters](#sampling-parameters)
- [Other flags](#other-flags) and [commands](#commands)
- [Options of \`new Rowmill\`](#options-of-new-rowmill), [options of results](#options-of-results) and [methods](#methods)
- [\`config.json\`](#configjson)

## Options of \`infer\`

In a program they are the second argument: \`mill.infer(data, { model: "starter" })\`. In the shell they are flags.

${inferTable()}

What these do together is told elsewhere: columns and formats in [data](data.md), the forms of an output in
[structured output](structured-output.md), seeds in [reproducibility](reproducibility.md), models, failed rows and the
planner in [operating](operating.md).

## Sampling parameters

They are the fields of \`samplingParams\`. The flag is \`--sampling '{"temperature": 0.7}'\`, or \`--sampling FILE\`.
Each may also be written in snake_case: \`top_p\`.

${samplingRows()}

## Other flags

${flagTable()}

## Commands

\`--help\` behind any of them shows its flags with examples.

${commandTable()}

## Options of \`new Rowmill\`

${optionTable(FACADE, "RowmillOptions", "rowmillOptions")}

## Options of results

\`getJobResults\`, \`iterateJobResults\` (but \`format\`), \`writeJobResults\`, \`streamJobResults\` and \`awaitJobCompletion\` take them.
In the shell they are flags of \`rowmill jobs results\`.

${optionTable(FACADE, "ResultOptions", "resultOptions")}

\`awaitJobCompletion\` has three more:

${optionTable(FACADE, "AwaitOptions", "awaitOptions")}

## Methods

Those of \`Rowmill\`. Each is asynchronous but \`progress\`. \`npm run docs\` in a clone writes the whole API reference.

${methodTable()}

In TypeScript the results of a job with a zod schema have the schema's type, where all of this holds:

- the data are a list of texts or of objects;
- the job has one model and no \`confidence\`;
- the results are asked for with \`{ unpackJson: true }\` and no \`include…\` option.

## \`config.json\`

The file lies in the home. Every field may be left out.

${configTable()}
`;

if (!process.argv.includes("--check")) writeFileSync(page, text);
else if (readFileSync(page, "utf8") !== text) {
  console.error("docs/options.md is not what the source says: run `npm run docs:options`");
  process.exitCode = 1;
}
