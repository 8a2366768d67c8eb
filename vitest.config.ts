import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/seed.ts"],
    // no outcome may depend on speed: this only ends what hangs
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    // two cores: the tests of the engine load both by themselves
    maxWorkers: 2,
    server: { deps: { external: [/\/dist\//] } },
  },
});
