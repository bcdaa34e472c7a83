// The wasm back end: a planned compile unit to one wasm module, one lean pass over each graph.
//
// Guest registers are i64 locals. A function takes the stack pointer, the fuel of this slice and the registers its
// plan says, and gives back the fuel and the planned results; every other register waits in the state block across
// the call. So at any exit the function that exits saves what it holds, and its callers have nothing to save: they
// see the mark in the fuel and return.

import { I32, I64, WasmModule } from "../../../wasm/module.ts";
import { OP, OP_FC, VALTYPE } from "../../../wasm/ops.ts";
import type { ByteSink } from "../../../wasm/sink.ts";
import { BY_OPCODE, FIRST_PRIMITIVE, type Mnemonic, REGISTERS } from "../../isa/table.ts";
import { AT, EXIT, type Exit } from "../../state/block.ts";
import { COMPARE_BIT, effectsOfWord, REGISTER_BITS } from "../effects.ts";
import { type Block, END, type Graph, wordLength } from "../graph.ts";
import { narrowAfter } from "../narrow.ts";
import type { Plan, UnitPlan } from "../plan.ts";
import type { Unit, UnitFunction } from "../unit.ts";

/** What the generated code takes for granted; all of it is part of the cache key. */
export interface Target {
  readonly memBase: bigint;
  readonly memSize: number;
  readonly maxCallDepth: number;
  readonly metered: boolean;
  /** Byte offsets in the wasm memory. */
  readonly stackAt: number;
  readonly memoryAt: number;
  readonly pages: number;
  /**
   * Leave accesses whose address is proven to be below 2^32 to wasm's own bounds check: only where guest memory ends
   * with the wasm memory, nothing has to be resumed (D12), and the platform says where a trap was.
   */
  readonly nativeTraps: boolean;
  /** Check addresses once for all accesses of a block through one base, and not again where that is known. */
  readonly shareChecks: boolean;
}

/** Where compiled code can stop, and what the driver has to do there. */
export interface Sites {
  /** Byte offset in CODE. */
  readonly pc: readonly number[];
  readonly exit: readonly Exit[];
  /** Calls of inlined functions around the site, to be added to the depth. */
  readonly level: readonly number[];
  /** Units paid ahead for instructions that did not start. */
  readonly refund: readonly number[];
  /** Offsets in the wasm module, ascending, of instructions that may trap, and the guest pc of each. */
  readonly trapOffset: readonly number[];
  readonly trapPc: readonly number[];
}

/** Filled, where somebody asks for it, with the wasm offset at which the code of each guest instruction starts. */
export interface Listing {
  readonly offset: number[];
  readonly pc: number[];
}

export interface CompiledUnit {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly sites: Sites;
  /** Entering with less fuel than this executes nothing. */
  readonly minFuel: number;
}

/** Fuel value that means: a callee stopped at a site; return at once. */
export const EXITED = -0x8000_0000;

/** Global: the stack pointer from which a call is left to the interpreter, or too deep. */
const CALL_LIMIT = 0;
/** Native frames one entry may nest: 256 KiB of native stack are promised (D9), a frame stays well under 1 KiB. */
const MAX_NATIVE_FRAMES = 200;

const SP = 0;
const LEFT = 1;
const FIRST_REGISTER = 2;

export function emitUnit(
  code: Int32Array,
  codeWords: number,
  unit: Unit,
  plan: UnitPlan,
  target: Target,
  listing?: Listing,
): CompiledUnit {
  const module = new WasmModule();
  module.importMemory("h", "m", target.pages, target.pages);
  const host = module.importFunction("h", "c", { params: [I32], results: [I32] });
  module.declareGlobal();
  const sites: SiteLists = { pc: [], exit: [], level: [], refund: [], trapOffset: [], trapPc: [] };
  const index = new Map<number, number>();
  module.exportFunction("r", module.declare({ params: [I32, I32], results: [I32] }));
  for (const [start, { params, values }] of plan.functions) {
    const signature = {
      params: [I32, I32, ...bitsOf(params).map(() => I64)],
      results: [I32, ...bitsOf(values).map(() => I64)],
    };
    index.set(start, module.declare(signature));
  }
  const shared = { code, codeWords, plan, target, module, host, sites, index, listing };
  new FunctionEmitter(shared, unit.root, plan.root, true).emit();
  for (const [start, fn] of unit.functions) {
    new FunctionEmitter(shared, fn, plan.functions.get(start)!, false).emit();
  }
  const wasm = module.finish();
  for (const offsets of [sites.trapOffset, listing?.offset ?? []]) {
    for (let i = 0; i < offsets.length; i++) offsets[i]! += module.codeOffset;
  }
  return { wasm, sites, minFuel: unit.root.graph.pathCost[0]! };
}

const REGISTER_COUNT = REGISTERS.length;
const COMPARE = REGISTER_COUNT;

/** Registers in a mask, ascending; the compare register comes last. */
function bitsOf(mask: number): number[] {
  const list: number[] = [];
  for (let r = 0; r <= COMPARE; r++) if (mask & (1 << r)) list.push(r);
  return list;
}

type SiteLists = { -readonly [K in keyof Sites]: Sites[K][number][] };

interface Shared {
  readonly code: Int32Array;
  readonly codeWords: number;
  readonly plan: UnitPlan;
  readonly target: Target;
  readonly module: WasmModule;
  readonly host: number;
  readonly sites: SiteLists;
  readonly index: ReadonlyMap<number, number>;
  readonly listing: Listing | undefined;
}

/** What is left to emit, newest last. */
type Action =
  | { readonly do: "tree"; readonly block: number }
  | { readonly do: "go"; readonly from: number; readonly block: number; readonly inLocal: number }
  | { readonly do: "end" };

class FunctionEmitter {
  readonly #s: Shared;
  readonly #fn: UnitFunction;
  readonly #plan: Plan;
  readonly #graph: Graph;
  readonly #isRoot: boolean;
  readonly #out: ByteSink;
  /** Local of each register and, last, of the compare register; -1 = untouched. */
  readonly #local: number[];
  readonly #site: number;
  readonly #wide: number;
  readonly #wide2: number;
  readonly #narrow: number;
  /** Open labels: where the forward `block` and the `loop` of a graph block stand, by height. */
  readonly #forward: Int32Array;
  readonly #backward: Int32Array;
  #height = 0;
  /** Heights of the three labels around the whole body. */
  readonly #trapLabel = 1;
  readonly #exitLabel = 2;
  readonly #unwindLabel = 3;
  readonly #mergeChildren: number[][];
  readonly #isMerge: Uint8Array;
  readonly #afterCall: Uint8Array;
  /** Instructions of the current block not yet started, for refunds. */
  #unstarted = 0;
  /** Of the current block. */
  #level = 0;
  /** Registers whose value is in their local here; the block has the others. */
  #inLocal = 0;
  /** Registers below 2^32 here, as far as it was asked for. */
  #below32 = 0;
  /**
   * Bytes around the address in each register that are known to be in guest memory here, the address itself among
   * them: from `low` (0 or less) up to `high`; nothing is known where both are 0. Kept for the end of each block.
   */
  readonly #covered: { readonly low: Int16Array; readonly high: Int16Array };
  /** Where the current block's are. */
  #cover = 0;

  constructor(shared: Shared, fn: UnitFunction, plan: Plan, isRoot: boolean) {
    this.#s = shared;
    this.#fn = fn;
    this.#plan = plan;
    this.#graph = fn.graph;
    this.#isRoot = isRoot;
    this.#out = shared.module.code;
    let next = FIRST_REGISTER;
    this.#local = new Array<number>(COMPARE + 1).fill(-1);
    const passed = isRoot ? 0 : plan.params;
    for (const r of bitsOf(passed)) this.#local[r] = next++;
    for (const r of bitsOf(plan.touched & ~passed & ~COMPARE_BIT)) this.#local[r] = next++;
    this.#wide = next++;
    this.#wide2 = next++;
    this.#local[COMPARE] = next++;
    this.#site = next++;
    this.#narrow = next++;
    const count = fn.graph.blocks.length;
    this.#covered = {
      low: new Int16Array(count * REGISTER_COUNT),
      high: new Int16Array(count * REGISTER_COUNT),
    };
    this.#forward = new Int32Array(count);
    this.#backward = new Int32Array(count);
    this.#isMerge = new Uint8Array(count);
    this.#afterCall = new Uint8Array(count);
    this.#mergeChildren = fn.graph.blocks.map(() => []);
    fn.graph.predecessors.forEach((preds, i) => {
      if (preds.filter((p) => p < i).length < 2) return;
      this.#isMerge[i] = 1;
      this.#mergeChildren[fn.graph.idom[i]!]!.push(i); // ascending
    });
    for (const block of fn.graph.blocks) {
      if (block.kind === END.call) this.#afterCall[block.successors[0]!] = 1;
    }
  }

  emit(): void {
    const out = this.#out;
    const { module } = this.#s;
    const passed = this.#isRoot ? 0 : this.#plan.params;
    const hole = module.open([
      [bitsOf(this.#plan.touched & ~passed & ~COMPARE_BIT).length + 2, I64],
      [3, I32],
    ]);
    this.#inLocal = passed;
    this.#settle(0);
    if (this.#isRoot) this.#setCallLimit();
    this.#openLabel(OP.block); // trap
    this.#openLabel(OP.block); // exit
    this.#openLabel(OP.block); // unwind
    if (this.#graph.reducible) this.#structured();
    else this.#dispatched();
    this.#list(-1);
    out.byte(OP.unreachable);
    this.#closeLabel();
    this.#returnMark();
    this.#closeLabel();
    for (const r of bitsOf(this.#plan.touched)) this.#save(r);
    this.#closeLabel();
    this.#store32(AT.site, () => this.#get(this.#site));
    this.#store32(AT.left, () => this.#get(LEFT));
    this.#store32(AT.depth, () => {
      this.#get(SP);
      this.#i32(this.#s.target.stackAt);
      out.byte(OP.i32_sub);
      this.#i32(2);
      out.byte(OP.i32_shr_u);
    });
    this.#returnMark();
    module.close(hole);
  }

  /** min(sp + native frames, end of the call stack) */
  #setCallLimit(): void {
    const out = this.#out;
    const { target } = this.#s;
    const end = target.stackAt + 4 * target.maxCallDepth;
    this.#get(SP);
    this.#i32(4 * MAX_NATIVE_FRAMES);
    out.byte(OP.i32_add);
    this.#tee(this.#narrow);
    this.#i32(end);
    this.#get(this.#narrow);
    this.#i32(end);
    out.byte(OP.i32_lt_u);
    out.byte(OP.select);
    out.byte2(OP.global_set, CALL_LIMIT);
  }

  // Control flow

  /** Structured emission from the dominator tree; a stack of actions instead of recursion, as graphs can be deep. */
  #structured(): void {
    const work: Action[] = [{ do: "tree", block: 0 }];
    for (let action = work.pop(); action !== undefined; action = work.pop()) {
      if (action.do === "end") this.#closeLabel();
      else if (action.do === "go") {
        this.#list(this.#graph.blocks[action.from]!.last * 4);
        this.#inLocal = action.inLocal;
        this.#settle(action.block);
        if (this.#isInline(action.from, action.block)) work.push({ do: "tree", block: action.block });
        else this.#branch(action.from, action.block);
      } else this.#tree(action.block, work);
    }
  }

  #tree(index: number, work: Action[]): void {
    if (this.#graph.isHeader[index]) {
      this.#guard(index);
      this.#openLabel(OP.loop);
      this.#backward[index] = this.#height;
      work.push({ do: "end" });
    }
    const merges = this.#mergeChildren[index]!;
    for (let i = merges.length - 1; i >= 0; i--) {
      this.#openLabel(OP.block);
      this.#forward[merges[i]!] = this.#height;
      work.push({ do: "tree", block: merges[i]! }, { do: "end" });
    }
    this.#block(index, (successor, taken) => {
      const inline = this.#isInline(index, successor);
      if (!taken) {
        this.#settle(successor);
        if (inline) work.push({ do: "tree", block: successor });
        else this.#branch(index, successor);
        return;
      }
      if (!inline && this.#absent(successor) === 0) {
        this.#out.byte(OP.br_if);
        this.#out.u32(this.#labelOf(index, successor));
        return;
      }
      const inLocal = this.#inLocal;
      this.#openLabel(OP.if);
      this.#settle(successor);
      this.#inLocal = inLocal;
      if (!inline) {
        this.#branch(index, successor);
        this.#closeLabel();
        return;
      }
      const [notTaken] = this.#graph.blocks[index]!.successors;
      work.push(
        { do: "go", from: index, block: notTaken!, inLocal },
        { do: "end" },
        { do: "tree", block: successor },
      );
    });
  }

  /** On the way into a loop: its addresses have to be narrow, or the interpreter runs it. */
  #guard(header: number): void {
    const guards = bitsOf(this.#s.plan.narrow?.get(this.#fn)?.guards[header] ?? 0);
    if (guards.length === 0) return;
    const out = this.#out;
    const { start, level } = this.#graph.blocks[header]!;
    this.#level = level;
    this.#inLocal = this.#plan.local[header]!;
    guards.forEach((r, i) => {
      if (!(this.#inLocal & (1 << r))) this.#reload(r);
      this.#get(this.#local[r]!);
      if (i > 0) out.byte(OP.i64_or);
    });
    out.byte2(OP.i64_const, 32);
    out.byte(OP.i64_shr_u);
    out.byte(OP.i32_wrap_i64);
    this.#exitIf(EXIT.guard, start);
  }

  /** True when `to` is emitted in place because only `from` leads to it. */
  #isInline(from: number, to: number): boolean {
    return to > from && !this.#isMerge[to];
  }

  #labelOf(from: number, to: number): number {
    return this.#height - (to <= from ? this.#backward[to]! : this.#forward[to]!);
  }

  #branch(from: number, to: number): void {
    this.#out.byte(OP.br);
    this.#out.u32(this.#labelOf(from, to));
  }

  /** Registers that `to` expects in their locals, that are not there, and that matter. */
  #absent(to: number): number {
    return this.#plan.local[to]! & this.#plan.liveIn[to]! & ~this.#inLocal;
  }

  /** Reads back what `to` expects in locals. */
  #settle(to: number): void {
    this.#fetch(this.#absent(to));
  }

  /** For graphs with loops entered in several places: one loop around a jump table over all blocks. */
  #dispatched(): void {
    const out = this.#out;
    const { blocks } = this.#graph;
    this.#i32(0);
    this.#set(this.#narrow);
    this.#openLabel(OP.loop);
    const loop = this.#height;
    for (let i = 0; i < blocks.length; i++) this.#openLabel(OP.block);
    this.#get(this.#narrow);
    out.byte(OP.br_table);
    out.u32(blocks.length - 1);
    for (let i = 0; i < blocks.length; i++) out.u32(i);
    blocks.forEach((_, i) => {
      this.#closeLabel();
      const go = (to: number) => {
        const inLocal = this.#inLocal;
        this.#settle(to);
        this.#inLocal = inLocal;
        this.#i32(to);
        this.#set(this.#narrow);
        out.byte(OP.br);
        out.u32(this.#height - loop);
      };
      this.#block(i, (successor, taken) => {
        if (!taken) {
          go(successor);
          return;
        }
        this.#openLabel(OP.if);
        go(successor);
        this.#closeLabel();
        go(this.#graph.blocks[i]!.successors[0]!);
      });
    });
    this.#closeLabel();
  }

  #openLabel(opcode: number): void {
    this.#out.byte2(opcode, VALTYPE.empty);
    this.#height++;
  }

  #closeLabel(): void {
    this.#out.byte(OP.end);
    this.#height--;
  }

  // Blocks

  /**
   * One block and its end. `go(successor, false)` must leave for the successor; `go(successor, true)` finds the
   * condition on the stack and must leave for the successor or for the block's other one.
   */
  #block(index: number, go: (successor: number, taken: boolean) => void): void {
    const block = this.#graph.blocks[index]!;
    this.#level = block.level;
    this.#inLocal = this.#plan.local[index]!;
    this.#below32 = this.#s.plan.narrow?.get(this.#fn)?.into[index] ?? 0;
    if (this.#s.target.shareChecks) this.#inheritCover(index);
    this.#list(-1);
    if (this.#graph.isRegion[index]) this.#checkFuel(index, block);
    if (this.#s.target.metered && block.cost > 0) {
      this.#get(LEFT);
      this.#i32(block.cost);
      this.#out.byte(OP.i32_sub);
      this.#set(LEFT);
    }
    this.#unstarted = block.cost;
    const end = block.kind === END.fall ? block.end : block.last;
    for (let at = block.start; at < end; at += wordLength(this.#s.code[at]!)) {
      this.#unstarted--;
      this.#instruction(at);
    }
    this.#unstarted = 0;
    if (block.kind !== END.fall && block.kind !== END.off) this.#list(block.last * 4);
    switch (block.kind) {
      case END.fall:
      case END.goto:
        go(block.successors[0]!, false);
        break;
      case END.branch:
        this.#fetch(COMPARE_BIT);
        this.#condition(block.condition);
        this.#branchTo(block, go);
        break;
      case END.call:
        this.#call(block);
        if (this.#s.target.shareChecks) this.#uncover(REGISTER_BITS);
        go(block.successors[0]!, false);
        break;
      case END.ret:
        this.#ret();
        break;
      case END.enter:
        this.#pushReturn(block);
        go(block.successors[0]!, false);
        break;
      case END.leave:
        go(block.successors[0]!, false);
        break;
      case END.off:
        this.#leave(EXIT.decode, this.#s.codeWords);
        break;
    }
  }

  /** Asks `go` for the taken side; where that only branched, the other side follows. */
  #branchTo(block: Block, go: (successor: number, taken: boolean) => void): void {
    const [notTaken, taken] = block.successors;
    const height = this.#height;
    go(taken!, true);
    const structured = this.#graph.reducible;
    if (structured && this.#height === height) go(notTaken!, false);
  }

  /** The region's one comparison, against the most it can cost; past it blocks only subtract. */
  #checkFuel(index: number, block: Block): void {
    const out = this.#out;
    const { metered } = this.#s.target;
    const cost = this.#graph.pathCost[index]!;
    if (metered) {
      if (cost === 0 && !this.#afterCall[index]) return;
      this.#get(LEFT);
      this.#i32(cost);
      out.byte(OP.i32_lt_s);
    } else if (index === 0 || this.#graph.isHeader[index]) {
      this.#get(LEFT);
      this.#i32(Math.max(1, Math.min(cost, 0xffff)));
      out.byte(OP.i32_sub);
      this.#tee(LEFT);
      this.#i32(0);
      out.byte(OP.i32_lt_s);
    } else return;
    this.#openLabel(OP.if);
    if (metered && this.#afterCall[index]) this.#unwindIfExited();
    this.#unstarted = 0;
    this.#leave(EXIT.budget, block.start, ~this.#plan.liveIn[index]!);
    this.#closeLabel();
  }

  #unwindIfExited(): void {
    this.#get(LEFT);
    this.#i32(EXITED);
    this.#out.byte(OP.i32_eq);
    this.#out.byte(OP.br_if);
    this.#out.u32(this.#height - this.#unwindLabel);
  }

  #condition(condition: number): void {
    this.#get(this.#local[COMPARE]!);
    if (condition === 1) {
      this.#out.byte(OP.i32_eqz);
      return;
    }
    if (condition === 2) return;
    this.#i32(0);
    this.#out.byte([OP.i32_lt_s, OP.i32_le_s, OP.i32_gt_s, OP.i32_ge_s][condition - 3]!);
  }

  #call(block: Block): void {
    const { plan, index, target } = this.#s;
    const out = this.#out;
    const callee = plan.functions.get(block.callee);
    const position = index.get(block.callee);
    if (callee === undefined || position === undefined) {
      this.#unstarted = 1; // the CALL itself is the interpreter's
      this.#leave(EXIT.decline, block.last);
      this.#unstarted = 0;
      return;
    }
    this.#pushReturn(block);
    this.#fetch(callee.params);
    // Whatever is not passed waits in the block, where the callee's exits and returns leave it.
    for (const r of bitsOf(this.#inLocal & ~callee.params & callee.liveIn[0]!)) this.#save(r);
    this.#stackPointer(block.level + 1);
    this.#get(LEFT);
    for (const r of bitsOf(callee.params)) this.#get(this.#local[r]!);
    out.byte(OP.call);
    out.u32(position);
    for (const r of bitsOf(callee.values).reverse()) this.#set(this.#local[r]!);
    this.#set(LEFT);
    this.#inLocal = (this.#inLocal & ~callee.writes) | callee.values;
    if (!target.metered) {
      this.#get(LEFT);
      this.#i32(0);
      out.byte(OP.i32_lt_s);
      out.byte(OP.br_if);
      out.u32(this.#height - this.#unwindLabel);
    }
  }

  #stackPointer(level: number): void {
    this.#get(SP);
    if (level === 0) return;
    this.#i32(4 * level);
    this.#out.byte(OP.i32_add);
  }

  /** The depth check of a CALL, then its return address on the guest's call stack. */
  #pushReturn(block: Block): void {
    const out = this.#out;
    const { target } = this.#s;
    this.#stackPointer(block.level);
    out.byte2(OP.global_get, CALL_LIMIT);
    out.byte(OP.i32_ge_u);
    this.#openLabel(OP.if);
    this.#stackPointer(block.level);
    this.#i32(target.stackAt + 4 * target.maxCallDepth);
    out.byte(OP.i32_ge_u);
    this.#exitIf(EXIT.callDepth, block.last);
    this.#unstarted = 1; // the interpreter makes this call, on a fresh native stack
    this.#leave(EXIT.decline, block.last);
    this.#unstarted = 0;
    this.#closeLabel();
    this.#get(SP);
    this.#i32(block.end);
    out.byte2(OP.i32_store, 2);
    out.u32(4 * block.level);
  }

  #ret(): void {
    const { values, writes, liveAtReturn } = this.#plan;
    const { effects } = this.#fn;
    const saved = this.#isRoot ? effects.writes : writes & ~values & liveAtReturn;
    for (const r of bitsOf(saved & this.#inLocal)) this.#save(r);
    if (!this.#isRoot) this.#fetch(values);
    this.#get(LEFT);
    if (!this.#isRoot) for (const r of bitsOf(values)) this.#get(this.#local[r]!);
    this.#out.byte(OP.return);
  }

  #returnMark(): void {
    this.#i32(EXITED);
    if (!this.#isRoot) for (const _ of bitsOf(this.#plan.values)) this.#out.byte2(OP.i64_const, 0);
    this.#out.byte(OP.return);
  }

  // Exits

  /**
   * Leaves for good: the interpreter goes on, or the run ends, at word index `at`. Registers in `dead` are looked at
   * by nobody any more; a constant in their place keeps them out of the way of the code that does not leave.
   */
  #leave(exit: Exit, at: number, dead = 0): void {
    const { sites } = this.#s;
    sites.pc.push(at * 4);
    sites.exit.push(exit);
    sites.level.push(this.#level);
    sites.refund.push(this.#s.target.metered ? this.#unstarted : 0);
    // D32: after a trap the registers mean nothing.
    const goesOn = exit === EXIT.budget || exit === EXIT.decline || exit === EXIT.guard;
    if (goesOn) {
      const inLocal = this.#inLocal;
      this.#fetch(this.#plan.touched & ~inLocal & ~dead); // the exit saves every local
      for (const r of bitsOf(this.#plan.touched & dead)) this.#clear(r);
      this.#inLocal = inLocal;
    }
    this.#i32(sites.pc.length - 1);
    this.#set(this.#site);
    this.#out.byte(OP.br);
    this.#out.u32(this.#height - (goesOn ? this.#exitLabel : this.#trapLabel));
  }

  /** Leaves when the i32 on the stack is not 0. */
  #exitIf(exit: Exit, at: number): void {
    this.#openLabel(OP.if);
    this.#leave(exit, at);
    this.#closeLabel();
  }

  // Instructions

  /** What follows does a part of the instruction at `pc`; -1 = of none. */
  #list(pc: number): void {
    this.#s.listing?.offset.push(this.#out.length);
    this.#s.listing?.pc.push(pc);
  }

  #instruction(at: number): void {
    const word = this.#s.code[at]!;
    const effects = effectsOfWord(word);
    this.#list(at * 4);
    this.#fetch(effects & 0xffff);
    this.#operation(at, word);
    this.#inLocal |= effects >>> 16;
    if (this.#s.target.shareChecks) this.#uncover(effects >>> 16);
    if (this.#s.target.nativeTraps) this.#below32 = narrowAfter(this.#s.code, at, this.#below32, true);
  }

  #operation(at: number, word: number): void {
    const row = BY_OPCODE[word >>> 24]!;
    const out = this.#out;
    const d = (word >>> 20) & 15;
    const a = (word >>> 16) & 15;
    const b = (word >>> 12) & 15;
    const imm = (word << 20) >> 20;
    const wide = row.width === 64;
    switch (row.format) {
      case "drop":
        return;
      case "cp":
        this.#low(a);
        this.#low(b);
        out.byte(OP.i32_sub);
        this.#set(this.#local[COMPARE]!);
        return;
      case "cpi":
        this.#low(a);
        this.#i32(imm);
        out.byte(OP.i32_sub);
        this.#set(this.#local[COMPARE]!);
        return;
      case "step":
        this.#low(d);
        this.#i32(row.mnemonic === "INC" ? 1 : -1);
        out.byte(OP.i32_add);
        this.#setLow(d);
        return;
      case "mov":
        this.#get(this.#local[a]!);
        this.#set(this.#local[d]!);
        return;
      case "ld":
        this.#loadImmediate(at, imm);
        this.#set(this.#local[d]!);
        return;
      case "shift":
        this.#shift(row.mnemonic, wide, d, a, imm);
        return;
      case "bits":
        this.#bits(row.mnemonic, wide, d);
        return;
      case "load": {
        const offset = this.#address(at, a, imm, row.access);
        this.#memoryOp(LOADS[row.mnemonic]!, offset, at);
        if (NARROW_LOADS.has(row.mnemonic)) this.#setLow(d);
        else this.#set(this.#local[d]!);
        return;
      }
      case "store": {
        const offset = this.#address(at, a, imm, row.access);
        this.#get(this.#local[b]!);
        this.#memoryOp(STORES[row.access]!, offset, at);
        return;
      }
      case "none":
        this.#bulk(row.mnemonic === "LDIR", at);
        return;
      case "prim":
        this.#hostCall(word >>> 24, row.writes.length > 0, at);
        return;
      case "rrr":
        this.#arithmetic(row.mnemonic, wide, d, a, b, at);
        return;
      default:
        throw new Error(`not a straight-line instruction: ${row.mnemonic}`);
    }
  }

  #loadImmediate(at: number, imm: number): void {
    const { code } = this.#s;
    const length = wordLength(code[at]!);
    this.#out.byte(OP.i64_const);
    if (length === 1) this.#out.s64(imm, imm >> 31);
    else if (length === 2) this.#out.s64(code[at + 1]!, code[at + 1]! >> 31);
    else this.#out.s64(code[at + 1]!, code[at + 2]!);
  }

  #arithmetic(mnemonic: Mnemonic, wide: boolean, d: number, a: number, b: number, at: number): void {
    const name = wide ? mnemonic.slice(0, -2) : mnemonic;
    const out = this.#out;
    const operand = (r: number) => (wide ? this.#get(this.#local[r]!) : this.#low(r));
    const compare = COMPARES[name];
    if (compare !== undefined) {
      operand(a);
      operand(b);
      out.byte(wide ? compare[1] : compare[0]);
      this.#setLow(d);
      return;
    }
    if (DIVISIONS.has(name)) {
      operand(b);
      out.byte(wide ? OP.i64_eqz : OP.i32_eqz);
      this.#exitIf(EXIT.div0, at);
    }
    if (name === "DIVS") {
      this.#signedDivision(wide, d, a, b);
      return;
    }
    operand(a);
    operand(b);
    const pair = BINARIES[name]!;
    out.byte(wide ? pair[1] : pair[0]);
    if (wide) this.#set(this.#local[d]!);
    else this.#setLow(d);
  }

  /** wasm traps on MIN / -1; the guest gets MIN, which is 0 - MIN. */
  #signedDivision(wide: boolean, d: number, a: number, b: number): void {
    const out = this.#out;
    const operand = (r: number) => (wide ? this.#get(this.#local[r]!) : this.#low(r));
    operand(b);
    if (wide) out.byte2(OP.i64_const, 0x7f);
    else out.byte2(OP.i32_const, 0x7f);
    out.byte(wide ? OP.i64_eq : OP.i32_eq);
    out.byte2(OP.if, wide ? I64 : I32);
    if (wide) out.byte2(OP.i64_const, 0);
    else out.byte2(OP.i32_const, 0);
    operand(a);
    out.byte(wide ? OP.i64_sub : OP.i32_sub);
    out.byte(OP.else);
    operand(a);
    operand(b);
    out.byte(wide ? OP.i64_div_s : OP.i32_div_s);
    out.byte(OP.end);
    if (wide) this.#set(this.#local[d]!);
    else this.#setLow(d);
  }

  #shift(mnemonic: Mnemonic, wide: boolean, d: number, a: number, count: number): void {
    const out = this.#out;
    const name = wide ? mnemonic.slice(0, -2) : mnemonic;
    const width = wide ? 64 : 32;
    const by = (n: number, opcode: number) => {
      if (wide) this.#get(this.#local[a]!);
      else this.#low(a);
      if (wide) {
        out.byte(OP.i64_const);
        out.s64(n, 0);
      } else this.#i32(n);
      out.byte(opcode);
    };
    const left = wide ? OP.i64_shl : OP.i32_shl;
    const right = wide ? OP.i64_shr_u : OP.i32_shr_u;
    if (name === "SLA") by(count, left);
    else if (name === "SRA") by(count, wide ? OP.i64_shr_s : OP.i32_shr_s);
    else if (name === "SRL") by(count, right);
    else if (count === 0) by(0, right);
    else {
      // Not rotl: V8's first tier calls out for it, which made SHA-256 nine times slower there.
      const n = name === "ROL" ? count : width - count;
      by(n, left);
      by(width - n, right);
      out.byte(wide ? OP.i64_or : OP.i32_or);
    }
    if (wide) this.#set(this.#local[d]!);
    else this.#setLow(d);
  }

  #bits(mnemonic: Mnemonic, wide: boolean, d: number): void {
    const pair = BIT_COUNTS[wide ? mnemonic.slice(0, -2) : mnemonic]!;
    if (wide) this.#get(this.#local[d]!);
    else this.#low(d);
    this.#out.byte(wide ? pair[1] : pair[0]);
    if (wide) this.#set(this.#local[d]!);
    else this.#setLow(d);
  }

  /** Leaves an i32 address on the stack that is checked, or that wasm will check; gives the constant to add to it. */
  #address(at: number, base: number, displacement: number, bytes: number): number {
    const { memBase, memoryAt, nativeTraps, shareChecks } = this.#s.target;
    if (nativeTraps && memBase === 0n && displacement >= 0 && this.#below32 & (1 << base)) {
      this.#low(base);
      return memoryAt + displacement; // wasm adds it in 33 bits
    }
    if (!shareChecks || !this.#isCovered(base, displacement, bytes)) {
      const shared = shareChecks && this.#coverAhead(at, base);
      if (!shared) {
        this.#check(base, displacement, displacement + bytes);
        this.#exitIf(EXIT.oob, at);
        this.#get(this.#wide);
        this.#out.byte(OP.i32_wrap_i64);
        return memoryAt;
      }
      const slot = this.#cover + base;
      this.#check(base, this.#covered.low[slot]!, this.#covered.high[slot]!);
      this.#unstarted++; // which of the accesses fails, if it comes to that, the interpreter finds out
      this.#exitIf(EXIT.decline, at);
      this.#unstarted--;
    }
    this.#low(base);
    if (memBase === 0n) return memoryAt + displacement; // the base is in memory or right behind it
    this.#i32(Number(BigInt.asIntN(32, BigInt(displacement) - memBase)));
    this.#out.byte(OP.i32_add);
    return memoryAt;
  }

  /** Leaves 1 on the stack when not all bytes from `low` up to `high` of the base are in memory; keeps base + low. */
  #check(base: number, low: number, high: number): void {
    const { memBase, memSize } = this.#s.target;
    const out = this.#out;
    this.#get(this.#local[base]!);
    const offset = BigInt.asIntN(64, BigInt(low) - memBase);
    if (offset !== 0n) {
      out.byte(OP.i64_const);
      out.s64(Number(BigInt.asIntN(32, offset)), Number(BigInt.asIntN(32, offset >> 32n)));
      out.byte(OP.i64_add);
    }
    this.#tee(this.#wide);
    if (memSize < high - low) {
      out.byte(OP.drop);
      this.#i32(1);
    } else {
      out.byte(OP.i64_const);
      out.s64(memSize - (high - low), 0);
      out.byte(OP.i64_gt_u);
    }
  }

  #isCovered(base: number, displacement: number, bytes: number): boolean {
    const slot = this.#cover + base;
    return displacement >= this.#covered.low[slot]! && displacement + bytes <= this.#covered.high[slot]!;
  }

  /**
   * Takes the span of all accesses of this block through the base as it is at `at` for covered, and says whether that
   * is more than one access, or one that later blocks can use.
   */
  #coverAhead(at: number, base: number): boolean {
    const { code, target } = this.#s;
    const block = this.#graph.blocks[this.#cover / REGISTER_COUNT]!;
    let low = 0;
    let high = 0;
    let accesses = 0;
    for (let index = at; index < block.end; index += wordLength(code[index]!)) {
      const word = code[index]!;
      const row = BY_OPCODE[word >>> 24]!;
      const displacement = (word << 20) >> 20;
      const isAccess = (row.format === "load" || row.format === "store") && ((word >>> 16) & 15) === base;
      // Once checked, wasm's own check is enough for what is above.
      if (isAccess && (index === at || !target.nativeTraps || displacement < 0)) {
        accesses++;
        low = Math.min(low, displacement);
        high = Math.max(high, displacement + row.access);
      }
      if ((effectsOfWord(word) >>> 16) & (1 << base)) break;
    }
    if (accesses < 2) return false;
    this.#covered.low[this.#cover + base] = low;
    this.#covered.high[this.#cover + base] = high;
    return true;
  }

  /** What all ways into the block know of its addresses. */
  #inheritCover(index: number): void {
    this.#cover = index * REGISTER_COUNT;
    const predecessors = this.#graph.predecessors[index]!;
    const { low, high } = this.#covered;
    if (index === 0 || this.#graph.isHeader[index] || !this.#graph.reducible) return;
    for (let r = 0; r < REGISTER_COUNT; r++) {
      let [most, least] = [-Infinity, Infinity];
      for (const p of predecessors) {
        most = Math.max(most, low[p * REGISTER_COUNT + r]!);
        least = Math.min(least, high[p * REGISTER_COUNT + r]!);
      }
      low[this.#cover + r] = most;
      high[this.#cover + r] = least;
    }
  }

  /** These registers hold something else now. */
  #uncover(written: number): void {
    for (let r = 0; r < REGISTER_COUNT; r++) {
      if (!(written & (1 << r))) continue;
      this.#covered.low[this.#cover + r] = 0;
      this.#covered.high[this.#cover + r] = 0;
    }
  }

  #memoryOp(opcode: number, offset: number, at: number): void {
    if (this.#s.target.nativeTraps) {
      this.#s.sites.trapOffset.push(this.#out.length);
      this.#s.sites.trapPc.push(at * 4);
    }
    this.#out.byte2(opcode, 0);
    this.#out.u32(offset);
  }

  /** LDIR and FILL: length 0 does nothing, both spans are checked, then the charge, then all of it. */
  #bulk(isCopy: boolean, at: number): void {
    const out = this.#out;
    const { memSize, memoryAt, metered } = this.#s.target;
    const [HL, DE, A, BC] = [0, 1, 2, 3];
    this.#get(this.#local[BC]!);
    out.byte(OP.i64_eqz);
    out.byte(OP.i32_eqz);
    this.#openLabel(OP.if);
    this.#get(this.#local[BC]!);
    out.byte(OP.i64_const);
    out.s64(memSize, 0);
    out.byte(OP.i64_gt_u);
    this.#exitIf(EXIT.oob, at);
    const span = (r: number, into: number) => {
      this.#get(this.#local[r]!);
      const { memBase } = this.#s.target;
      if (memBase !== 0n) {
        out.byte(OP.i64_const);
        out.s64(Number(BigInt.asIntN(32, memBase)), Number(BigInt.asIntN(32, memBase >> 32n)));
        out.byte(OP.i64_sub);
      }
      this.#tee(into);
      out.byte(OP.i64_const);
      out.s64(memSize, 0);
      this.#get(this.#local[BC]!);
      out.byte(OP.i64_sub);
      out.byte(OP.i64_gt_u);
      this.#exitIf(EXIT.oob, at);
    };
    span(isCopy ? DE : HL, this.#wide);
    if (isCopy) span(HL, this.#wide2);
    if (metered) {
      this.#low(BC);
      this.#i32(6);
      out.byte(OP.i32_shr_u);
      this.#tee(this.#narrow);
      this.#get(LEFT);
      out.byte(OP.i32_gt_s);
      this.#unstarted++; // the 1 is given back (D10); the interpreter decides
      this.#exitIf(EXIT.decline, at);
      this.#unstarted--;
      this.#get(LEFT);
      this.#get(this.#narrow);
      out.byte(OP.i32_sub);
      this.#set(LEFT);
    }
    const place = (local: number) => {
      this.#get(local);
      out.byte(OP.i32_wrap_i64);
      this.#i32(memoryAt);
      out.byte(OP.i32_add);
    };
    place(this.#wide);
    if (isCopy) place(this.#wide2);
    else this.#low(A);
    this.#low(BC);
    out.byte2(0xfc, isCopy ? OP_FC.memory_copy : OP_FC.memory_fill);
    out.byte(0);
    if (isCopy) out.byte(0);
    this.#closeLabel();
  }

  /** The import gives bytes moved / 64, or the exit as a negative number. */
  #hostCall(opcode: number, writesHL: boolean, at: number): void {
    const out = this.#out;
    for (const r of bitsOf(this.#inLocal & HOST_READS)) this.#save(r);
    this.#i32(opcode - FIRST_PRIMITIVE);
    out.byte(OP.call);
    out.u32(this.#s.host);
    this.#tee(this.#narrow);
    this.#i32(0);
    out.byte(OP.i32_lt_s);
    this.#openLabel(OP.if);
    for (const exit of [EXIT.abi, EXIT.oom, EXIT.outputLimit]) {
      this.#get(this.#narrow);
      this.#i32(-exit);
      out.byte(OP.i32_eq);
      this.#exitIf(exit, at);
    }
    this.#leave(EXIT.host, at);
    this.#closeLabel();
    if (writesHL) this.#reload(0);
    if (!this.#s.target.metered) return;
    this.#get(LEFT);
    this.#get(this.#narrow);
    out.byte(OP.i32_sub);
    this.#set(LEFT);
  }

  // Locals and the state block

  #get(local: number): void {
    this.#out.byte(OP.local_get);
    this.#out.u32(local);
  }

  #set(local: number): void {
    this.#out.byte(OP.local_set);
    this.#out.u32(local);
  }

  #tee(local: number): void {
    this.#out.byte(OP.local_tee);
    this.#out.u32(local);
  }

  #i32(value: number): void {
    this.#out.byte(OP.i32_const);
    this.#out.s32(value);
  }

  #low(register: number): void {
    this.#get(this.#local[register]!);
    this.#out.byte(OP.i32_wrap_i64);
  }

  #setLow(register: number): void {
    this.#out.byte(OP.i64_extend_i32_u);
    this.#set(this.#local[register]!);
  }

  /** Reads back the registers of a mask that are not in their locals. */
  #fetch(mask: number): void {
    for (const r of bitsOf(mask & ~this.#inLocal)) this.#reload(r);
    this.#inLocal |= mask;
  }

  #clear(register: number): void {
    this.#out.byte2(register === COMPARE ? OP.i32_const : OP.i64_const, 0);
    this.#set(this.#local[register]!);
  }

  #save(register: number): void {
    const isCompare = register === COMPARE;
    this.#i32(0);
    this.#get(this.#local[register]!);
    this.#out.byte2(isCompare ? OP.i32_store : OP.i64_store, isCompare ? 2 : 3);
    this.#out.u32(isCompare ? AT.compare : register * 8);
  }

  #reload(register: number): void {
    const isCompare = register === COMPARE;
    this.#i32(0);
    this.#out.byte2(isCompare ? OP.i32_load : OP.i64_load, isCompare ? 2 : 3);
    this.#out.u32(isCompare ? AT.compare : register * 8);
    this.#set(this.#local[register]!);
  }

  #store32(at: number, value: () => void): void {
    this.#i32(0);
    value();
    this.#out.byte2(OP.i32_store, 2);
    this.#out.u32(at);
  }
}

/** HL, DE, BC and IX: what host calls look at in the block. */
const HOST_READS = 0b11011;

/** [32-bit, 64-bit] wasm instruction of each guest one. */
const COMPARES: Readonly<Record<string, readonly [number, number]>> = {
  EQ: [OP.i32_eq, OP.i64_eq],
  NE: [OP.i32_ne, OP.i64_ne],
  LTS: [OP.i32_lt_s, OP.i64_lt_s],
  LES: [OP.i32_le_s, OP.i64_le_s],
  GTS: [OP.i32_gt_s, OP.i64_gt_s],
  GES: [OP.i32_ge_s, OP.i64_ge_s],
  LTU: [OP.i32_lt_u, OP.i64_lt_u],
  LEU: [OP.i32_le_u, OP.i64_le_u],
  GTU: [OP.i32_gt_u, OP.i64_gt_u],
  GEU: [OP.i32_ge_u, OP.i64_ge_u],
};
const BINARIES: Readonly<Record<string, readonly [number, number]>> = {
  ADD: [OP.i32_add, OP.i64_add],
  SUB: [OP.i32_sub, OP.i64_sub],
  MUL: [OP.i32_mul, OP.i64_mul],
  DIVU: [OP.i32_div_u, OP.i64_div_u],
  REMS: [OP.i32_rem_s, OP.i64_rem_s],
  REMU: [OP.i32_rem_u, OP.i64_rem_u],
  AND: [OP.i32_and, OP.i64_and],
  OR: [OP.i32_or, OP.i64_or],
  XOR: [OP.i32_xor, OP.i64_xor],
};
const BIT_COUNTS: Readonly<Record<string, readonly [number, number]>> = {
  CLZ: [OP.i32_clz, OP.i64_clz],
  CTZ: [OP.i32_ctz, OP.i64_ctz],
  POPC: [OP.i32_popcnt, OP.i64_popcnt],
};
const DIVISIONS = new Set(["DIVS", "DIVU", "REMS", "REMU"]);
const LOADS: Readonly<Record<string, number>> = {
  LD8U: OP.i64_load8_u,
  LD8S: OP.i32_load8_s,
  LD16U: OP.i64_load16_u,
  LD16S: OP.i32_load16_s,
  LD32: OP.i64_load32_u,
  LD64: OP.i64_load,
  LD8U64: OP.i64_load8_u,
  LD8S64: OP.i64_load8_s,
  LD16U64: OP.i64_load16_u,
  LD16S64: OP.i64_load16_s,
  LD32U64: OP.i64_load32_u,
  LD32S64: OP.i64_load32_s,
};
/** Loads that give an i32, to be zero-extended. */
const NARROW_LOADS = new Set<Mnemonic>(["LD8S", "LD16S"]);
/** By bytes stored. */
const STORES: Readonly<Record<number, number>> = {
  1: OP.i64_store8,
  2: OP.i64_store16,
  4: OP.i64_store32,
  8: OP.i64_store,
};
