// Which tests run, and how. Tests import from src, never from dist: the `source` condition maps
// `#name` imports to their TypeScript file. `unit` is everything; `jitless` repeats the case files where
// V8 may generate no code and has no WebAssembly.
import { defineConfig } from "vitest/config";

const conditions = ["source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["test/browser/**"],
          setupFiles: "test/seed.ts",
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: "test/browser/setup.ts",
        },
      },
      {
        extends: true,
        test: {
          name: "jitless",
          include: ["test/conformance/**/*.test.ts"],
          pool: "forks",
          execArgv: ["--jitless"],
        },
      },
    ],
  },
});
