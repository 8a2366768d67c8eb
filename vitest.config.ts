import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

/** What tests import of src/ is what was compiled of it, which test/builtSources.ts keeps fresh: Node.js loads that by itself, and
 *  what is tested is what is shipped. */
const compiledSources: NonNullable<ViteUserConfig["plugins"]>[number] = {
  name: "rowmill:compiled-sources",
  enforce: "pre",
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith(".")) return null;
    const path = relative(join(root, "src"), resolve(dirname(importer), source));
    return path.startsWith("..") ? null : join(root, "dist", path);
  },
};

/** Tests of functions that start nothing and keep nothing: they share processes, which have loaded the sources once. */
const TOGETHER = [
  "test/*.test.ts",
  "test/{data,docs,grammar,jobs,language,models-starter,progress,prompt,results,schedule,schema,submission,worker}/**/*.test.ts",
  "test/bench/{rows,schemaFigures,schemaTexts}.test.ts",
  "test/cli/{jobsList,pieces}.test.ts",
  "test/runner/{checkpoint,feeder,modelReader,planForMachine,waiting,waitingJobs}.test.ts",
];
/** Of those folders, what measures memory, loads what stays in a process, or may end it. */
const APART = [
  "test/data/{bigFiles,hostileFiles}.test.ts",
  "test/docs/commands.test.ts",
  "test/jobs/processes.test.ts",
  "test/submission/modelTrial.test.ts",
];

/** What takes more than 15 seconds on two quiet cores: sanitizers, kills and floods, whole commands, a pre-trained model, benchmarks.
 *  `npm test` leaves these out and says so; `npm run test:all`, which CI calls, does not. */
const LONG = [
  "test/bench/{engines,equality,schemaBench,schemaPeers}.test.ts",
  "test/cli/{badInput,demo,download,endedJobs,escapes,help,run,schema,standardInput,streams,terminal}.test.ts",
  "test/data/{bigFiles,hostileFiles}.test.ts",
  "test/docs/commands.test.ts",
  "test/engine/{confidence,slots,tokenDrafts,threads,http/httpEngine}.test.ts",
  "test/examples/programs.test.ts",
  "test/grammar/masks/tokenBytes.test.ts",
  "test/jobs/processes.test.ts",
  "test/models/registryPackage.test.ts",
  "test/native/{buildAddon,counters,grammar,labels,sampling}.test.ts",
  "test/prompt/chatTemplate.test.ts",
  "test/results/everyType.test.ts",
  "test/rowmill/{anyArgument,calibration,close,confidence,faults,infer,kill,lostFiles,outputs,realModel,sameBytes}.test.ts",
  "test/runner/{disk,queue}.test.ts",
  "test/schema/{masks,soundness,work}.test.ts",
  "test/submission/{modelTrial,reasoning}.test.ts",
];

/** @throws for a name that no file has: a test that was moved would run elsewhere in silence */
function filesOf(patterns: readonly string[], ignore: readonly string[] = []): string[] {
  const each = patterns.flatMap((pattern) => {
    const [, before, names, after] = /^(.*)\{(.*)\}(.*)$/.exec(pattern) ?? [];
    return names === undefined ? [pattern] : names.split(",").map((name) => `${before}${name}${after}`);
  });
  const missing = each.find((one) => globSync(one, { cwd: root }).length === 0);
  if (missing !== undefined) throw new Error(`vitest.config.ts: no test is ${missing}`);
  return globSync(each, { ignore: [...ignore], cwd: root });
}

const long = filesOf(LONG);
const together = filesOf(TOGETHER, [...filesOf(APART), ...long]);

export default defineConfig({
  plugins: [compiledSources],
  test: {
    globalSetup: ["test/builtSources.ts"],
    setupFiles: ["test/seed.ts"],
    // no outcome may depend on speed: this only ends what hangs
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    // two cores: the tests of the engine load both by themselves
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\//] } },
    projects: [
      // by name: vitest takes the longest first
      { extends: true, test: { name: "long", include: long } },
      { extends: true, test: { name: "own", include: ["test/**/*.test.ts"], exclude: [...together, ...long] } },
      { extends: true, test: { name: "shared", include: together, isolate: false } },
    ],
  },
});
