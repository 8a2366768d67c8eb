// The direction of imports (docs/design.md, Layout): doors → rowmill → jobs, runner → schedule, worker → engine → native;
// data, prompt, schema, grammar, language, progress, results and models are leaves that any of those may use and that use none
// of them; of the leaves schema stands on grammar, and both on language.
const leaves = "data|prompt|schema|grammar|language|progress|results|models";
const roomy = "language|grammar|schema";
const upward = (name, from, to) => ({ name, severity: "error", from: { path: from }, to: { path: to } });

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "only-declared-packages",
      severity: "error",
      from: { path: "^src" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], pathNot: "nodejs-polars" },
    },
    upward(
      "doors-only-call-the-facade",
      "^src/(cli|server|cluster)/",
      "^src/(?!cli/|server/|cluster/|rowmill\\.ts|index\\.ts|commandLine\\.ts|errors\\.ts|exactNumbers\\.ts|foreignText\\.ts|jsonStyle\\.ts|schemaInPrompt\\.ts|inferTable\\.ts|inheritedDescriptors\\.ts|lastingStream\\.ts|optionNames\\.ts|results/formats\\.ts)",
    ),
    upward("nobody-calls-a-door", "^src/(?!cli/|server/|cluster/)", "^src/(cli|server|cluster)/"),
    upward("nobody-below-calls-the-facade", "^src/(?!cli/|server/|cluster/|index\\.ts)", "^src/(rowmill|index)\\.ts"),
    upward("jobs-stay-below-runner", "^src/jobs/", "^src/(submission|schedule|runner|worker|engine)/"),
    {
      name: "jobs-load-no-arrow",
      comment: "data and results have Arrow behind them, which each command would load for its catalogue",
      severity: "error",
      from: { path: "^src/jobs/" },
      to: { path: "^src/(data|results|schema|grammar)/", dynamic: false, dependencyTypesNot: ["type-only"] },
    },
    upward("submission-and-runner-stay-apart", "^src/(runner|worker|engine)/", "^src/submission/"),
    upward("submission-runs-nothing", "^src/submission/", "^src/(schedule|runner|worker)/"),
    // pure: no clock, no disk, no catalogue; of the engines the shape of a batch
    upward("schedule-looks-at-nothing", "^src/schedule/", "^src/(?!schedule/|engine/)"),
    {
      name: "schedule-uses-no-package",
      severity: "error",
      from: { path: "^src/schedule/" },
      to: { dependencyTypes: ["core", "npm"] },
    },
    upward("worker-looks-down", "^src/worker/", "^src/(schedule|runner|jobs)/"),
    // of the leaves the chat and the masks: an engine takes text, and the native one follows grammars below JavaScript
    upward(
      "engine-looks-down",
      "^src/engine/",
      `^src/(submission|schedule|runner|jobs|worker|(?!grammar|prompt)(${leaves}))/`,
    ),
    upward("engines-take-masks-alone", "^src/engine/", "^src/grammar/(?!masks/)"),
    upward("engines-stay-below-the-boundary", "^src/engine/local/", "^src/engine/(index|open)\\.ts"),
    upward("node-llama-cpp-in-one-room", "^src/engine/(?!local/nodeLlamaCpp/)", "node_modules/node-llama-cpp/"),
    upward(
      "output-uses-schema-and-grammar-alone",
      "^src/output/",
      "^src/(?!output/|schema/|grammar/|errors\\.ts|exactNumbers\\.ts|jsonStyle\\.ts|schemaInPrompt\\.ts)",
    ),
    upward("leaves-use-no-layer", `^src/(${leaves})/`, "^src/(submission|schedule|runner|jobs|worker|engine)/"),
    {
      name: "leaves-use-no-other-leaf",
      comment: "results give back what data took in",
      severity: "error",
      from: { path: `^src/(${leaves})/`, pathNot: "^src/(grammar|schema)/" },
      to: { path: `^src/(${leaves})/`, pathNot: ["^src/$1/", "^src/data/index.ts"] },
    },
    upward("grammar-stands-on-language-alone", "^src/grammar/", `^src/(?!grammar|language)(${leaves})/`),
    // the columns that a schema's keys become are of data's types
    upward(
      "schema-stands-on-grammar-and-language",
      "^src/schema/",
      `^src/(?!schema|grammar|language|data)(${leaves})/`,
    ),
    upward("language-is-for-grammar-and-schema", `^src/(?!(${roomy})/)`, "^src/language/"),
    upward("masks-know-no-other-grammar", "^src/grammar/masks/", "^src/(language|grammar/(?!masks/))"),
    upward("no-other-grammar-knows-masks", "^src/grammar/(?!masks/)", "^src/grammar/masks/"),
    // what a schema demands is found without a grammar; only writing turns it into one
    upward("only-writing-knows-grammars", "^src/schema/(document|input|judging|conditions)/", "^src/grammar/"),
    upward("documents-use-no-room", "^src/schema/document/", "^src/schema/(?!document/)"),
    upward("input-uses-documents-alone", "^src/schema/input/", "^src/schema/(?!input/|document/)"),
    upward("judging-uses-documents-alone", "^src/schema/judging/", "^src/schema/(?!judging/|document/)"),
    upward("conditions-use-documents-alone", "^src/schema/conditions/", "^src/schema/(?!conditions/|document/)"),
    upward("writing-takes-no-input", "^src/schema/writing/", "^src/schema/(?!writing/|conditions/|judging/|document/)"),
    {
      name: "only-through-the-index",
      severity: "error",
      from: { path: "^src/([^/]+)/" },
      // masks have a door of their own: with what reads and writes grammars each worker would take 55 ms longer to start; and
      // so have the names of formats, which stand in the help: what writes them is Arrow
      to: {
        path: "^src/[^/]+/(?!index\\.ts)",
        pathNot: ["^src/$1/", "^src/grammar/masks/index\\.ts", "^src/results/formats\\.ts"],
      },
    },
    upward("rooms-within-rooms-through-their-index", `^src/(${roomy})/[^/]+\\.ts`, "^src/$1/[^/]+/(?!index\\.ts)"),
    {
      name: "rooms-side-by-side-through-their-index",
      severity: "error",
      from: { path: `^src/(${roomy})/([^/]+)/` },
      to: { path: "^src/$1/[^/]+/(?!index\\.ts)", pathNot: "^src/$1/$2/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] },
  },
};
