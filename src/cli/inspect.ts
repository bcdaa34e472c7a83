// `sinter inspect`: what is in a module. A module that fails verification still shows its container.

import { sha256Hex } from "#sha256";
import { isFailure } from "../core/errors.ts";
import { resolvePolicy } from "../core/policy.ts";
import { type Container, tagText } from "../zasm/container/format.ts";
import { readContainer } from "../zasm/container/read.ts";
import { basicBlocks } from "../zasm/isa/blocks.ts";
import { PRIMITIVES } from "../zasm/isa/table.ts";
import { type VerifiedModule, verifyModule } from "../zasm/verify/verify.ts";
import { EXIT_CODE } from "./failure.ts";
import { assertOneStdin, readInput, STANDARD } from "./files.ts";
import { type Io, paint, print, printAll, type Sink } from "./io.ts";
import { explain, fileName, printReject } from "./load.ts";
import type { Args } from "./options.ts";
import { policyOf } from "./policy.ts";
import { type Members, Raw, refusalMembers, writeJsonLine } from "./record.ts";
import { shown } from "./report.ts";
import type { INSPECT } from "./specs.ts";

export function inspect({ given, operands }: Args<typeof INSPECT>, io: Io): number {
  const [path = STANDARD] = operands;
  assertOneStdin(path, given.policy);
  const policy = resolvePolicy(policyOf(io, given));
  const bytes = readInput(io, path);
  const container = isFailure(policy) ? policy : readContainer(bytes, policy);
  const module = isFailure(policy) ? policy : verifyModule(bytes, policy);
  const failed = isFailure(module) ? { ...module, reason: explain(module, bytes, path) } : undefined;
  if (given.json) {
    const verdict: Members = failed === undefined ? [["status", "ok"]] : refusalMembers(failed);
    const facts = isFailure(container) ? [] : containerMembers(container);
    const code = isFailure(module) ? [] : codeMembers(module, given.blocks === true);
    writeJsonLine(io.stdout, [...verdict, ...facts, ...code]);
  } else {
    if (!isFailure(container)) {
      printAll(io.stdout, containerText(io.stdout, fileName(path), container));
      for (const warning of warningsOf(container)) {
        const word = paint(io.stderr, "yellow", "warning");
        print(io.stderr, `sinter: ${word}: ${warning} (${shown(fileName(path))})\n`);
      }
    }
    if (!isFailure(module)) printAll(io.stdout, codeText(io.stdout, module, given.blocks === true));
    if (failed !== undefined) printReject(io, failed, path);
  }
  return failed === undefined ? EXIT_CODE.ok : EXIT_CODE.refused;
}

/** Host calls of a mask, by their names in assembly text. */
const hostCalls = (mask: number): string[] =>
  PRIMITIVES.filter((_, bit) => mask & (1 << bit)).map((name) => `_${name.toLowerCase()}`);

const ABI_TAG = 0x4942415a;

/** `ZABI 2.5`, or the numbers as they are. */
const abiName = ({ abiId, abiVersion }: Container): string => {
  if (abiId === 0 && abiVersion === 0) return "not stated";
  const version =
    abiId === ABI_TAG ? `${abiVersion >>> 16}.${abiVersion & 0xffff}` : `0x${abiVersion.toString(16)}`;
  return `${abiId === ABI_TAG ? "ZABI" : `0x${abiId.toString(16)}`} ${version}`;
};

/** D4: legal, and rarely meant. */
function warningsOf({ entryPcWords, exports = [] }: Container): string[] {
  const main = exports.find(({ name }) => name === "main");
  if (main === undefined || main.pcWords === entryPcWords) return [];
  return [`main is exported at pc ${main.pcWords * 4}, but the module starts at pc ${entryPcWords * 4}`];
}

function containerMembers(container: Container): Members {
  const { exports = [], memory, imports, data } = container;
  return [
    ["fileLen", container.file.length],
    ["sha256", sha256Hex(container.file)],
    ["entryPc", container.entryPcWords * 4],
    ["abi", { id: container.abiId, version: container.abiVersion }],
    [
      "sections",
      container.sections.map(({ tag, offset, length }) => ({ tag: tagText(tag), offset, length })),
    ],
    ["exports", exports.map(({ name, pcWords }) => ({ name, pc: pcWords * 4 }))],
    ["imports", imports === undefined ? null : hostCalls(imports.mask)],
    ["memory", memory === undefined ? null : { minBytes: memory.minBytes, maxBytes: memory.maxBytes }],
    ["data", data.map(({ dst, bytes }) => ({ dst, length: bytes.length }))],
    ["warnings", warningsOf(container)],
  ];
}

const rootsOf = (module: VerifiedModule): number[] => [module.entryPcWords, ...module.exports.values()];

const blocksOf = (module: VerifiedModule) => basicBlocks(module, rootsOf(module));

function codeFacts(module: VerifiedModule): { instructions: number; blocks: number; longestBlock: number } {
  let [instructions, blocks, longestBlock] = [0, 0, 0];
  for (const block of blocksOf(module)) {
    instructions += block.instructions;
    blocks++;
    longestBlock = Math.max(longestBlock, block.instructions);
  }
  return { instructions, blocks, longestBlock };
}

function codeMembers(module: VerifiedModule, wantsBlocks: boolean): Members {
  const { instructions, blocks, longestBlock } = codeFacts(module);
  return [
    ["hostCalls", hostCalls(module.primitives)],
    ["instructions", instructions],
    ["basicBlocks", { count: blocks, longest: longestBlock }],
    ["blocks", wantsBlocks ? new Raw(blocksJson(module)) : undefined],
  ];
}

function* blocksJson(module: VerifiedModule): Generator<string> {
  let separator = "[";
  for (const block of blocksOf(module)) {
    yield separator + JSON.stringify(block);
    separator = ",";
  }
  yield "]";
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** A line of the table; only the first line of a group is named. */
const row = (sink: Sink, name: string, text: string): string =>
  `  ${paint(sink, "cyan", name.padEnd(13))} ${text}\n`;

const first = (index: number, name: string): string => (index === 0 ? name : "");

function* containerText(sink: Sink, file: string, container: Container): Generator<string> {
  const { exports = [], memory, imports, data, sections, entryPcWords } = container;
  yield `${paint(sink, "bold", shown(file))}  ${counted(container.file.length, "byte")}\n`;
  yield row(sink, "sha256", sha256Hex(container.file));
  yield row(sink, "entry", `pc ${entryPcWords * 4}`);
  yield row(sink, "abi", abiName(container));
  for (const [i, { tag, offset, length }] of sections.entries()) {
    const place = `at ${String(offset).padStart(8)}  ${counted(length, "byte").padStart(16)}`;
    yield row(sink, first(i, "sections"), `${shown(tagText(tag))}  ${place}`);
  }
  for (const [i, { dst, bytes }] of data.entries()) {
    const place = `to ${String(dst).padStart(8)}  ${counted(bytes.length, "byte").padStart(16)}`;
    yield row(sink, first(i, "data"), `      ${place}`);
  }
  if (memory !== undefined) {
    const most = memory.maxBytes === 0 ? "" : `, at most ${counted(memory.maxBytes, "byte")}`;
    yield row(sink, "memory", `at least ${counted(memory.minBytes, "byte")}${most}`);
  }
  if (imports !== undefined) yield row(sink, "imports", hostCalls(imports.mask).join(" ") || "none");
  for (const [i, { name, pcWords }] of exports.entries()) {
    yield row(sink, first(i, "exports"), `pc ${String(pcWords * 4).padStart(6)}  ${shown(name)}`);
  }
}

function* codeText(sink: Sink, module: VerifiedModule, wantsBlocks: boolean): Generator<string> {
  const { instructions, blocks, longestBlock } = codeFacts(module);
  yield row(sink, "host calls", hostCalls(module.primitives).join(" ") || "none");
  yield row(sink, "instructions", String(instructions));
  yield row(sink, "basic blocks", `${blocks}, the longest has ${counted(longestBlock, "instruction")}`);
  if (!wantsBlocks) return;
  for (const block of blocksOf(module)) {
    const to = block.target === undefined ? "" : ` to ${block.target}`;
    const size = counted(block.instructions, "instruction").padStart(16);
    yield `    pc ${String(block.pc).padStart(6)}  ${size}, ${block.end}${to}\n`;
  }
}
