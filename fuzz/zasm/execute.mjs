// Runs one subject in the interpreter, or as a `how` says: through the tiers, in legs that stop anywhere and go on from
// a copy of the state block, with code generation withdrawn on the way. Both ends are observed alike.

import { resolvePolicy } from "../../dist/core/policy.js";
import { tryWasmMemory } from "../../dist/platform/wasm.js";
import { ModuleHost } from "../../dist/zasm/abi/index.js";
import { writeContainer } from "../../dist/zasm/container/write.js";
import { interpret } from "../../dist/zasm/interp/interp.js";
import { ALL_OPTIMISATIONS, ModuleCode, pagesOf } from "../../dist/zasm/runtime/code.js";
import { EngineContext } from "../../dist/zasm/runtime/context.js";
import { resolveOptions } from "../../dist/zasm/runtime/options.js";
import { TieredRun } from "../../dist/zasm/runtime/tiering.js";
import { COMPARE, EXIT, StateBlock } from "../../dist/zasm/state/block.js";
import { verifyModule } from "../../dist/zasm/verify/verify.js";

/** Units that the interpreter may take for an unmetered program; what does not end in them is given fuel instead. */
const UNMETERED_UNITS = 40_000;
/** Checks of the guard after which a compiled run is taken not to end; so is one that loses the tally's patience. */
const MOST_CHECKS = 400_000;

const NAMES = new Map(Object.entries(EXIT).map(([name, exit]) => [exit, name]));

/** @returns {any} */
const checked = (result) => {
  if (typeof result.code === "string") throw new Error(`refused: ${result.code} ${result.reason ?? ""}`);
  return result;
};

export function moduleBytes({ words, entryWords, data }) {
  const code = new Uint8Array(words.length * 4);
  const view = new DataView(code.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  const segments = data.map(({ dst, bytes }) => ({ dst, bytes: Uint8Array.from(bytes) }));
  return writeContainer({
    code,
    entryPcWords: entryWords,
    ...(segments.length === 0 ? {} : { data: segments }),
  });
}

/** As an embedder writes it. */
export function policyOf({ policy: { fuel, ...rest }, strictEncoding }) {
  return { ...rest, strictEncoding, ...(fuel === null ? {} : { fuel }) };
}

/** The verified module; throws when it is refused. */
export const load = (subject) =>
  checked(verifyModule(moduleBytes(subject), checked(resolvePolicy(policyOf(subject)))));

/** Memories are used again: each reserves gigabytes of addresses. Slot 0 is the interpreter's. */
const memories = new Map();
function memoryOf(policy, slot) {
  const pages = pagesOf(policy);
  const key = `${pages}/${slot}`;
  const known = memories.get(key) ?? tryWasmMemory(pages);
  if (known === undefined) throw new Error(`no memory of ${pages} pages`);
  memories.set(key, known);
  return known;
}

function start(module, subject, slot) {
  const { policy } = module;
  const memory = memoryOf(policy, slot);
  new Uint8Array(memory.buffer).fill(0);
  const block = new StateBlock(policy, memory.buffer);
  let dataEnd = 16;
  for (const { dst, bytes } of module.data) {
    block.memory.set(bytes, dst);
    dataEnd = Math.max(dataEnd, dst + bytes.length);
  }
  block.heap = dataEnd + (-dataEnd & 7);
  block.u64[0] = BigInt(policy.reqHandle);
  block.u64[1] = BigInt(policy.resHandle);
  block.pc = module.entryPcWords * 4;
  block.fuel = subject.policy.fuel ?? 0;
  const host = ModuleHost.open(policy, { stdin: Uint8Array.from(subject.stdin) });
  return { block, memory, host };
}

/** Everything about an ended run that every tier must agree on; views, so look before the slot is used again. */
function observe(block, host, exit, metered) {
  const resumable = exit === EXIT.fuel;
  return {
    status: exit === EXIT.returned ? "ok" : "trap",
    code: NAMES.get(exit),
    pc: exit === EXIT.returned ? undefined : block.pc,
    fuel: metered ? block.fuel : undefined,
    // D32: registers, and the stack, mean something where the program ended or can go on.
    registers: exit === EXIT.returned || resumable ? Array.from(block.u64.subarray(0, 5)) : undefined,
    compare: exit === EXIT.returned || resumable ? block.i32[COMPARE] : undefined,
    depth: exit === EXIT.oob ? undefined : block.depth,
    stack: resumable ? block.stack.slice(0, block.depth) : undefined,
    heap: block.heap,
    live: block.live,
    memory: block.memory,
    stdout: host.stdout,
    stderr: host.stderr,
  };
}

/** The law. `undefined` when an unmetered program did not end. */
export function runReference(module, subject) {
  const { block, host } = start(module, subject, 0);
  const metered = subject.policy.fuel !== null;
  const exit = interpret(module, block, host, metered, metered ? undefined : UNMETERED_UNITS);
  return exit === EXIT.budget ? undefined : observe(block, host, exit, metered);
}

/** A guard that gives up on runs without end and withdraws at a check that was chosen. */
function guarded(how, code, patienceMs) {
  let checks = 0;
  const startedAt = Date.now();
  const context = new (class extends EngineContext {
    /** @override */
    get mayGenerateCode() {
      checks++;
      const tooLong = Date.now() - startedAt > patienceMs;
      if (checks > MOST_CHECKS || tooLong) throw new Error("the run does not end");
      if (checks === how.withdrawAtCheck) this.withdrawCodegen();
      return super.mayGenerateCode;
    }
    /** @override */
    codeOf(module) {
      return code ?? super.codeOf(module);
    }
  })(resolveOptions({}));
  return context;
}

/**
 * The run through the tiers. `tally` counts what happened; `plant` may change units and what is observed.
 * With `how.real` the engine's own context chooses the code, and every optimisation is on.
 */
export function runTiers(module, subject, how, tally, plant) {
  const seen = plant?.module === undefined ? module : plant.module(module);
  const code = how.real ? undefined : watchedCode(new ModuleCode(seen, how.optimisations), tally, plant);
  const context = guarded(how, code, tally.patienceMs);
  if (how.warm) runLegs(module, subject, { ...how, legs: [], withdrawAtCall: 0 }, context, tally);
  const observed = runLegs(module, subject, how, context, tally);
  return plant?.observed === undefined ? observed : plant.observed(observed);
}

function runLegs(module, subject, how, context, tally) {
  const metered = subject.policy.fuel !== null;
  const first = start(module, subject, 1);
  const { host } = first;
  let { block, memory } = first;
  let calls = 0;
  const calling = {
    call(index, of) {
      calls++;
      tally.add("host calls");
      if (calls === how.withdrawAtCall) context.withdrawCodegen();
      return host.call(index, of);
    },
    get moved() {
      return host.moved;
    },
  };
  const watch = {
    left: (reason) => tally.add(`left: ${reason}`),
    refused: (reason) => tally.add(`refused: ${reason}`),
    promoted: (tier) => tally.add(`promoted: ${tier}`),
  };
  const compiled = () => {
    const run = new TieredRun(module, context, memory, how, /** @type {any} */ (watch));
    try {
      return run.execute(block, calling);
    } finally {
      tally.add("entries", run.counts.entries);
      tally.add("exits", run.counts.exits);
    }
  };
  let slot = 1;
  let exit;
  for (const { tier, units } of how.legs) {
    if (tier === "interp") exit = interpret(module, block, calling, metered, units);
    else {
      if (!metered || block.fuel <= units) break;
      const rest = block.fuel - units;
      block.fuel = units;
      exit = compiled();
      block.fuel += rest;
    }
    if (exit !== EXIT.budget && !(tier === "tiers" && exit === EXIT.fuel)) return end();
    tally.add("legs");
    slot = 3 - slot;
    const next = memoryOf(module.policy, slot);
    new Uint8Array(next.buffer).set(new Uint8Array(block.buffer));
    memory = next;
    block = new StateBlock(module.policy, next.buffer);
  }
  exit = compiled();
  return end();

  function end() {
    tally.add(`end: ${NAMES.get(exit)}`);
    return observe(block, host, exit, metered);
  }
}

/** The code as it is, with an eye on which optimisations it got and whether wasm traps were looked up. */
function watchedCode(code, tally, plant) {
  const made = new Map();
  const unitAt = code.unitAt.bind(code);
  code.unitAt = (at, tier) => {
    const unit = unitAt(at, tier);
    if (typeof unit === "string") return unit;
    const known = made.get(unit);
    if (known !== undefined) return known;
    if (unit.sites.level.some((level) => level > 0)) tally.add("units with inlined calls");
    if (unit.sites.trapOffset.length > 0) tally.add("units with native traps");
    const sites = { ...unit.sites, ...plant?.sites?.(unit.sites) };
    sites.trapOffset = Object.assign([...sites.trapOffset], {
      indexOf(offset) {
        tally.add("native traps located");
        return unit.sites.trapOffset.indexOf(offset);
      },
    });
    const watched = { ...unit, sites };
    made.set(unit, watched);
    return watched;
  };
  return code;
}

/** Which switches change the code of the entry's unit: that each optimisation still finds something to do. */
export function countOptimisations(module, tally) {
  const ALL = ALL_OPTIMISATIONS;
  const drawn = (switches) => new ModuleCode(module, switches).draw(module.entryPcWords, "opt");
  const all = drawn(ALL);
  if (typeof all === "string") return;
  if (!all.unit.root.graph.reducible) tally.add("irreducible graphs");
  const bytes = Buffer.from(all.compiled.wasm);
  for (const name of Object.keys(ALL)) {
    const without = drawn({ ...ALL, [name]: false });
    if (typeof without !== "string" && !bytes.equals(without.compiled.wasm)) tally.add(`fired: ${name}`);
  }
}
