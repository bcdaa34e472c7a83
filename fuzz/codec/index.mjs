// The group `codec`: random shapes, values and documents, every way to read them against each other and against others.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The test kit is TypeScript: a bundle of it, from the sources as they are now. */
async function bundled() {
  const bundle = await rolldown({
    cwd: ROOT,
    input: "fuzz/codec/campaign.ts",
    platform: "node",
    external: (id) => !/^[./#]/.test(id),
    resolve: { conditionNames: ["source", "node", "import"] },
  });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  const path = `${ROOT}.sinter/fuzz-codec.mjs`;
  const own = `${path}.${process.pid}`;
  mkdirSync(`${ROOT}.sinter`, { recursive: true });
  writeFileSync(own, output[0].code);
  renameSync(own, path); // workers write the same one
  return path;
}

export const { runShare, PLANTS } = await import(await bundled());

export const NAME = "codec";
export const PROGRAMS = "shapes";
export const OUT = "test/serde/cases";

const FORMATS = ["json", "postcard", "msgpack", "cbor"];
/** Fewer shapes than this need not have met everything. */
const ENOUGH_SHAPES = 200;

export function summary(counts, seconds) {
  const of = (name) => counts[name] ?? 0;
  return `${of("programs")} shapes in ${seconds.toFixed(1)} s: ${FORMATS.map((f) => `${f} ${of(f)}`).join(", ")}
values written ${of("encoded: ok")}, refused ${of("encoded: error")}; conversions ${of("conversions")}
documents read ${of("documents: ok")}, refused ${of("documents: error")}
differences: ${of("differences")}
`;
}

/** Why a campaign without differences proves too little. */
export function missing(counts) {
  if ((counts.programs ?? 0) < ENOUGH_SHAPES) return [];
  const needed = [...FORMATS, "encoded: ok", "documents: ok", "documents: error", "conversions"];
  return needed.filter((name) => (counts[name] ?? 0) === 0).map((name) => `never: ${name}`);
}
