// The arrows between folders (spec: design page, "Arrows"): core <- zasm, serde <- cli. A rule's comment
// is what a person reads when it fails. Tests may look anywhere; only shipped code is bound.
const TEST = "[.]test[.]ts$";

/** Shipped files under `folder`. */
const from = (folder, ...except) => ({ path: `^src/${folder}`, pathNot: [TEST, ...except] });

export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Modules that need each other are one module, or share a third.",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolves",
      comment: "An import that resolves to nothing.",
      severity: "error",
      from: { path: "^src/" },
      to: { couldNotResolve: true },
    },
    {
      name: "platform-knows-no-program",
      comment: "src/platform wraps the host; of ours it may use core's basics and nothing above.",
      severity: "error",
      from: from("platform/"),
      to: { path: "^src/", pathNot: "^src/(platform|core)/" },
    },
    {
      name: "core-knows-neither-kind",
      comment: "src/core serves modules and codecs alike and imports neither.",
      severity: "error",
      from: from("core/"),
      to: { path: "^src/", pathNot: "^src/(core|platform)/" },
    },
    {
      name: "wasm-encoder-is-generic",
      comment: "src/wasm encodes WebAssembly for both compilers and knows neither.",
      severity: "error",
      from: from("wasm/"),
      to: { path: "^src/", pathNot: "^src/(wasm|core|platform)/" },
    },
    {
      name: "zasm-not-serde",
      comment: "The two kinds of program never import each other.",
      severity: "error",
      from: from("zasm/"),
      to: { path: "^src/serde/" },
    },
    {
      name: "serde-not-zasm",
      comment: "The two kinds of program never import each other.",
      severity: "error",
      from: from("serde/"),
      to: { path: "^src/zasm/" },
    },
    {
      name: "nobody-imports-cli",
      comment: "src/cli is the outermost layer.",
      severity: "error",
      from: from("", "^src/cli/"),
      to: { path: "^src/cli/" },
    },
    {
      name: "interp-not-jit",
      comment: "The reference must not lean on what it is the reference for.",
      severity: "error",
      from: from("(zasm|serde)/interp/"),
      to: { path: "^src/(zasm|serde)/jit/" },
    },
    {
      name: "jit-not-interp",
      comment: "A compiler that borrows the interpreter's semantics cannot be tested against it.",
      severity: "error",
      from: from("(zasm|serde)/jit/"),
      to: { path: "^src/(zasm|serde)/interp/" },
    },
    {
      name: "only-runtime-sees-executors",
      comment:
        "Executors are reached through src/*/runtime, which picks the tier; inspect looks at them from outside.",
      severity: "error",
      from: from("", "^src/(zasm|serde)/(runtime|interp|jit|inspect)/"),
      to: { path: "^src/(zasm|serde)/(interp|jit)/" },
    },
    {
      name: "nothing-runs-through-inspect",
      comment: "Explain and trace have an entry point of their own and stay out of every run (D28).",
      severity: "error",
      from: from("", "^src/(zasm|serde)/inspect/", "^src/cli/(explain|trace)[.]ts$"),
      to: { path: "^src/((zasm|serde)/inspect/|wasm/text[.]ts$)" },
    },
    {
      name: "verify-imports-no-executor",
      comment: "Verification decides what may run; it must not depend on what runs it.",
      severity: "error",
      from: from("(zasm|serde)/verify/"),
      to: { path: "^src/(zasm|serde)/(interp|jit|runtime)/" },
    },
    {
      name: "node-only-at-the-edge",
      comment: "Only src/platform/*.node.ts and src/cli may import Node built-ins.",
      severity: "error",
      from: from("", "^src/cli/", "^src/platform/.*[.]node[.]ts$"),
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "platform-by-name",
      comment: "Platform files are imported by their `#name`, which picks node or web.",
      severity: "error",
      from: from("", "^src/(cli|platform)/"),
      to: { path: "^src/.*[.](node|web)[.]ts$", dependencyTypesNot: ["aliased-subpath-import"] },
    },
    {
      name: "packages-only-in-web-files",
      comment: "The one dependency stands in for what Node has built in; nothing else imports a package.",
      severity: "error",
      from: from("", "^src/platform/.*[.]web[.]ts$"),
      to: { dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "shipped-code-imports-no-test",
      comment: "Test code stays out of the package.",
      severity: "error",
      from: from(""),
      to: { path: `${TEST}|^test/` },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { conditionNames: ["source", "types", "import", "default"] },
  },
};
