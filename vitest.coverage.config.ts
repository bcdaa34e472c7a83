// The coverage pass (D36): the same tests, narrowed to what exercises the folders with a floor.
// Apart from the main pass because coverage halves interpreter speed.
import { defineConfig, mergeConfig } from "vitest/config";
import { COVERED } from "./scripts/covered.mjs";
import base from "./vitest.config.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      exclude: ["node_modules/**", "test/fuzz/**", "test/differential/**", "test/packaging/**"],
      coverage: {
        enabled: true,
        provider: "v8",
        include: COVERED.map((folder) => folder.files),
        exclude: ["**/*.test.ts", "**/*.gen.ts"],
        reporter: ["json-summary"],
        reportsDirectory: "coverage",
        thresholds: Object.fromEntries(COVERED.map(({ files, branches }) => [files, { branches }])),
      },
    },
  }),
);
