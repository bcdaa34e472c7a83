// Which loops are recognised, and which are left alone however much they look like one.

import { describe, expect, test } from "vitest";
import { isFailure } from "../../core/errors.ts";
import { resolvePolicy } from "../../core/policy.ts";
import { assemble } from "../asm/index.ts";
import { verifyModule } from "../verify/verify.ts";
import { buildGraph, findLeaders } from "./graph.ts";
import { type ByteLoop, byteLoopAt } from "./idioms.ts";

const [HL, DE, A, BC, IX] = [0, 1, 2, 3, 4];

/** The loop whose body is given, as its header sees it. */
function loop(...body: string[]): ByteLoop | undefined {
  const assembled = assemble(["loop:", ...body.map((line) => `  ${line}`), "  RET"].join("\n"));
  const policy = resolvePolicy({});
  if (!assembled.ok || isFailure(policy))
    throw new Error(`the example is wrong: ${JSON.stringify(assembled)}`);
  const module = verifyModule(assembled.bytes, policy);
  if (isFailure(module)) throw new Error(module.code);
  const graph = buildGraph(module, findLeaders(module), 0);
  if (typeof graph === "string") throw new Error(graph);
  return byteLoopAt(module.code, graph, 0);
}

const COUNT = ["DEC BC", "CP BC, 0", "JR NE, loop"];

describe("recognised", () => {
  test("a copy that counts down", () => {
    expect(loop("LD8U A, (DE)", "ST8 (HL), A", "INC DE", "INC HL", ...COUNT)).toEqual({
      to: HL,
      toOffset: 0,
      from: DE,
      fromOffset: 0,
      value: A,
      minuend: BC,
      subtrahend: -1,
      counter: BC,
    });
  });

  test("addresses that are raised before they are used, and displacements", () => {
    expect(loop("INC DE", "LD8U A, (DE+3)", "INC HL", "ST8 (HL-5), A", ...COUNT)).toMatchObject({
      toOffset: -4,
      fromOffset: 4,
    });
  });

  test("a copy up to an address, of either side", () => {
    const body = ["LD8U A, (DE)", "ST8 (HL), A", "INC DE", "INC HL"];
    const upTo = { counter: -1, minuend: IX };
    expect(loop(...body, "CP HL, IX", "JR NE, loop")).toMatchObject({ ...upTo, subtrahend: HL });
    expect(loop(...body, "CP DE, IX", "JR NE, loop")).toMatchObject({ ...upTo, subtrahend: DE });
  });

  test("a fill", () => {
    expect(loop("ST8 (HL), A", "INC HL", ...COUNT)).toMatchObject({
      to: HL,
      from: -1,
      value: A,
      counter: BC,
    });
    expect(loop("ST8_64 (HL), A", "INC HL", "CP HL, DE", "JR NE, loop")).toMatchObject({
      minuend: DE,
      counter: -1,
    });
  });
});

describe("left alone", () => {
  const copy = ["LD8U A, (DE)", "ST8 (HL), A", "INC DE", "INC HL"];
  test.each([
    ["another condition", [...copy, "DEC BC", "CP BC, 0", "JR GT, loop"]],
    ["compared with another number", [...copy, "DEC BC", "CP BC, 1", "JR NE, loop"]],
    ["compared before it is counted", [...copy, "CP BC, 0", "DEC BC", "JR NE, loop"]],
    ["an end that moves", [...copy, "CP HL, DE", "JR NE, loop"]],
    ["an end that is the byte", [...copy, "CP HL, A", "JR NE, loop"]],
    ["counted down and compared with an address", [...copy, "DEC BC", "CP HL, IX", "JR NE, loop"]],
    [
      "a counter that is an address",
      ["LD8U A, (DE)", "ST8 (HL), A", "INC DE", "INC HL", "DEC DE", "CP DE, 0", "JR NE, loop"],
    ],
    ["two bytes ahead", ["LD8U A, (DE)", "ST8 (HL), A", "INC DE", "INC HL", "INC HL", ...COUNT]],
    ["one address stands still", ["LD8U A, (DE)", "ST8 (HL), A", "INC HL", ...COUNT]],
    ["stored before it is loaded", ["ST8 (HL), A", "LD8U A, (DE)", "INC DE", "INC HL", ...COUNT]],
    ["another byte is stored", ["LD8U A, (DE)", "ST8 (HL), IX", "INC DE", "INC HL", ...COUNT]],
    ["the byte is an address", ["LD8U DE, (DE)", "ST8 (HL), DE", "INC DE", "INC HL", ...COUNT]],
    ["one address for both", ["LD8U A, (HL)", "ST8 (HL), A", "INC HL", ...COUNT]],
    ["the byte filled in is the counter", ["ST8 (HL), BC", "INC HL", ...COUNT]],
    ["the byte filled in is the address", ["ST8 (HL), HL", "INC HL", ...COUNT]],
    ["more work", ["LD8U A, (DE)", "ADD IX, A", "ST8 (HL), A", "INC DE", "INC HL", ...COUNT]],
    ["a signed byte", ["LD8S A, (DE)", "ST8 (HL), A", "INC DE", "INC HL", ...COUNT]],
  ])("%s", (_, body) => {
    expect(loop(...body)).toBeUndefined();
  });
});
