// The coverage pass (D36): the same tests, narrowed to what exercises the folders with a floor.
// Apart from the main pass because coverage halves interpreter speed.
import { defineConfig, mergeConfig } from "vitest/config";
import { COVERED } from "./scripts/covered.mjs";
import base from "./vitest.config.ts";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      // Only what the floors are about, and only the interpreter: compiled tiers cover nothing of these folders.
      env: { SINTER_TIERS: "interp" },
      testTimeout: 120_000,
      exclude: [
        "node_modules/**",
        ...["fuzz", "differential", "packaging", "isolate", "cli"].map((name) => `test/${name}/**`),
        "test/*.test.ts",
        // Random or about time: they reach what the others reach, and coverage makes them slow.
        "test/serde/{attacks,mutants,mutations,properties}.test.ts",
        "src/{isolate,cli,wasm,codec}/**",
        "src/serde/{ir,shape}/**",
        "src/zasm/{asm,inspect,jit}/**",
      ],
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
