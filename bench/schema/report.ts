import Table from "cli-table3";
import type { BenchReport } from "./benchmark.js";
import { type Failure, type Figures, keywordsOf, type Times } from "./figures.js";

interface Column {
  readonly name: string;
  readonly figures: Figures;
}

/** The report as a person reads it. */
export function renderReport(report: BenchReport, hasFailures: boolean): string {
  const peers = Object.entries(report.peers ?? {});
  const { machine } = report;
  const columns = [
    { name: "rowmill", figures: report as Figures },
    ...peers.map(([name, figures]) => ({ name: `${name} ${figures.version}`, figures: figures as Figures })),
  ];
  const bindings = [
    "binding's own cost a mask, µs (in the rows above)",
    "timed in C++",
    ...peers.map(([, peer]) => digits(peer.bindingUs)),
  ];
  const none = peers.map(() => "");
  const parts = [
    `${grouped(report.schemas)} schemas, ${grouped(report.instances)} instances, ${grouped(report.tokens)} tokens of ` +
      `${report.tokenizer} (${grouped(report.vocabularySize)})`,
    `${machine.cpuModel}, ${machine.cores} cores used: 1; ${grouped(Math.round(machine.memoryBytes / 2 ** 30))} GiB; ` +
      `Node.js ${machine.node}`,
    renderFigures(columns, [
      ...(peers.length === 0 ? [] : [bindings]),
      ["peak memory of the process, MiB", grouped(Math.round(report.peakRssBytes / 2 ** 20)), ...none],
      ["most memory of one schema, MiB", grouped(Math.round((report.largest[0]?.addedBytes ?? 0) / 2 ** 20)), ...none],
    ]),
    "Time to first mask: from the schema's text (JSON.parse, compileSchema, tables, native grammar) to the first mask; peers: from the same\n" +
      "text through their Python binding. Mask time: mask computed, token checked and accepted, first sight of every state included.\n" +
      "With the check: valid instances accepted by both, invalid ones refused by one of grammar and Ajv (peers: by a check that errs never).",
    renderList(
      ["slowest to the first mask", "ms", "largest", "MiB"],
      report.slowest.map(({ name, ttfmUs }, index) => [
        name,
        digits(ttfmUs / 1000),
        report.largest[index]?.name ?? "",
        digits((report.largest[index]?.addedBytes ?? 0) / 2 ** 20),
      ]),
    ),
  ];
  const checked = Object.entries(report.checkedKeywords).sort(([, a], [, b]) => b - a);
  if (checked.length > 0)
    parts.push(
      renderList(
        ["left to the check", "schemas"],
        checked.map(([k, n]) => [k, grouped(n)]),
      ),
    );
  if (report.files !== undefined) {
    const rows = Object.entries(report.files).map(([file, of]) => [
      file,
      ...[of.schemas, of.passing, of.passingWithCheck].map(grouped),
    ]);
    parts.push(renderList(["file", "schemas", "passing", "with the check"], rows));
  }
  if (hasFailures) {
    parts.push(renderFailures(report.failures));
    for (const [name, peer] of peers) parts.push(`${name}:\n${renderFailures(peer.failures)}`);
  }
  return parts.join("\n\n");
}

/** One table: a column for each grammar, the rows of MaskBench's published table. */
function renderFigures(columns: readonly Column[], extraRows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: ["", ...columns.map(({ name }) => name)],
    colAligns: ["left", ...columns.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  const row = (label: string, cell: (figures: Figures) => string) => [
    label,
    ...columns.map(({ figures }) => cell(figures)),
  ];
  const share = (count: number, { schemas }: Figures) =>
    `${grouped(count)} (${schemas === 0 ? "–" : ((100 * count) / schemas).toFixed(2)} %)`;
  table.push(
    row("schemas", ({ schemas }) => grouped(schemas)),
    row("schemas passing, the grammar alone", (figures) => share(figures.passing, figures)),
    row("schemas passing with the check after it", (figures) => share(figures.passingWithCheck, figures)),
    row("refused at compile time", (figures) => share(figures.refused, figures)),
    row("not held whole by the grammar", (figures) => share(figures.compileErrors - figures.refused, figures)),
    row("wrongly rejects a valid instance", (figures) => share(figures.wronglyRejected, figures)),
    row("wrongly accepts an invalid one", (figures) => share(figures.wronglyAccepted, figures)),
    row("masks", ({ maskUs }) => grouped(maskUs.count)),
    row("mask time, µs: mean / p50 / p99 / max", ({ maskUs }) => spread(maskUs)),
    row("the same instances again, µs: mean / p50 / p99 / max", ({ maskWarmUs }) => spread(maskWarmUs)),
    row("time to first mask, µs: mean / p50 / p99 / max", ({ ttfmUs }) => spread(ttfmUs)),
    ...extraRows.map((cells) => [...cells]),
  );
  return table.toString();
}

function renderList(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  table.push(...rows.map((cells) => [...cells]));
  return table.toString();
}

/** Failures under their reasons, the most frequent first; refused and accepted instances each with the text. */
function renderFailures(failures: readonly Failure[]): string {
  if (failures.length === 0) return "no failures";
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const reason = groupOf(failure);
    groups.set(reason, [...(groups.get(reason) ?? []), failure]);
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  return sorted
    .map(([reason, members]) => {
      const stillFail = members.filter(({ failsWithCheck }) => failsWithCheck).length;
      const head = `${members.length}  ${reason}${stillFail === 0 ? "" : `  (${stillFail} also with the check)`}`;
      return [head, ...members.map(({ name, reason: own }) => `      ${name}  ${own === reason ? "" : own}`)].join(
        "\n",
      );
    })
    .join("\n\n");
}

const KINDS = {
  reject: "a valid instance is refused at ⟦…⟧",
  accept: "an invalid instance is accepted",
  check: "the check refuses a valid instance",
} as const;

/** A reason without what differs from schema to schema: names in quotes, pointers, numbers. */
function groupOf({ kind, reason }: Failure): string {
  if (kind !== "compile") return KINDS[kind];
  return reason
    .replace(/^at \d+\(\d+\): /, "")
    .replace(
      /^(checked after generation: )(.*)/,
      (_, head, checked) => head + keywordsOf(checked.split("; ")).join("; "),
    )
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/(?:#|https?:|json-schema:)\S*/g, "…")
    .replace(/regex \/.*/, "regex …")
    .replace(/\d+/g, "N")
    .slice(0, 160);
}

function spread({ mean, p50, p99, max }: Times): string {
  return [mean, p50, p99, max].map(digits).join(" / ");
}

/** Three digits that count, and a comma between thousands. */
function digits(value: number): string {
  if (value >= 100) return grouped(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function grouped(count: number): string {
  return count.toLocaleString("en-GB");
}
