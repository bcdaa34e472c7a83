// Golden code: each file of test/golden holds a program and, below it, everything generated for it. A change of the
// generator shows up as a diff of these files: read it, then accept it with BLESS=1 (npm run bless).
//
// A file starts with comment lines `; name value`: `policy` (JSON), `roots` (labels or pcs of the units shown; default
// 0, the entry). What follows the line `; ----` is generated.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isFailure } from "../src/core/errors.ts";
import { type PolicyInput, resolvePolicy } from "../src/core/policy.ts";
import { type WasmLine, watOf } from "../src/wasm/text.ts";
import { assemble } from "../src/zasm/asm/index.ts";
import { labelsOf, textAt } from "../src/zasm/inspect/subject.ts";
import { CODE_TIERS, type UnitView, UnitViewer } from "../src/zasm/inspect/units.ts";
import { type VerifiedModule, verifyModule } from "../src/zasm/verify/verify.ts";

const FOLDER = fileURLToPath(new URL("./golden/", import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".zasm"));
const BORDER = "; ----\n";

/** The value of `; name value` at the start of the source. */
const setting = (source: string, name: string): string | undefined =>
  source.match(new RegExp(`^; ${name} (.*)$`, "m"))?.[1];

function generated(source: string): string {
  const policy = resolvePolicy(JSON.parse(setting(source, "policy") ?? "{}") as PolicyInput);
  if (isFailure(policy)) throw new Error(policy.reason);
  const assembled = assemble(source, { memBase: policy.memBase, expt: true });
  if (!assembled.ok) throw new Error(assembled.diagnostics.map((d) => `${d.line}: ${d.message}`).join("\n"));
  const module = verifyModule(assembled.bytes, policy);
  if (isFailure(module)) throw new Error(`${module.code}: ${module.reason}`);
  const roots = (setting(source, "roots") ?? "0").split(/\s+/);
  const out: string[] = [];
  for (const tier of CODE_TIERS.toReversed()) {
    const viewer = new UnitViewer(module, tier);
    for (const root of roots) {
      const start = module.exports.get(root) ?? Number(root) / 4;
      const unit = viewer.at(start);
      out.push(`\n; ${tier}, unit at ${root}`);
      if (typeof unit === "string") {
        out.push(`; refused: ${unit}\n`);
        continue;
      }
      const parts = unit.parts.map((part) => `${part.isRoot ? "root " : ""}${part.start * 4}`);
      const sites = unit.sites.map(({ pc, exit, level, refund }, i) => {
        const more = `${level > 0 ? `, level ${level}` : ""}${refund > 0 ? `, refund ${refund}` : ""}`;
        return `; site ${i}: ${exit} at pc ${pc}${more}\n`;
      });
      if (unit.nativeTraps.length > 0) sites.push(`; traps in wasm: pc ${unit.nativeTraps.join(", ")}\n`);
      const wat = watOf(unit.text, { note: notes(module, unit) });
      out.push(`; ${unit.wasmBytes} bytes; functions from pc ${parts.join(", ")}\n${wat}${sites.join("")}`);
    }
  }
  return out.join("\n");
}

/** The guest instruction in front of what was generated for it. */
function notes(module: VerifiedModule, unit: UnitView): (line: WasmLine) => string | undefined {
  const pcs = new Map(unit.parts.flatMap(({ lines }) => lines.map(({ offset, pc }) => [offset, pc])));
  const labels = labelsOf(module);
  let last: number | undefined;
  return ({ offset }) => {
    const pc = pcs.get(offset);
    if (pc === last) return undefined;
    last = pc;
    return pc === undefined ? undefined : `${pc} ${textAt(module, labels, pc / 4)}`;
  };
}

describe("golden", () => {
  test.each(FILES)("%s", (name) => {
    const text = readFileSync(FOLDER + name, "utf8");
    const [source = ""] = text.split(BORDER);
    const now = `${source.trimEnd()}\n${BORDER}${generated(source)}`;
    if (process.env.BLESS === "1") writeFileSync(FOLDER + name, now);
    else expect(now).toBe(text); // the reporter prints the lines that differ
  });

  test("there are a dozen at least, and a difference is noticed", () => {
    expect(FILES.length).toBeGreaterThanOrEqual(12);
    const source = "; policy {}\n LD A, 1\n RET\n";
    expect(generated(source)).toBe(generated(source));
    expect(generated(source.replace("1", "2"))).not.toBe(generated(source));
    expect(generated(source.replace("{}", '{"fuel":5}'))).not.toBe(generated(source));
  });
});
