// The control-flow graph of the code reachable from one root without following calls: blocks, their order,
// dominators, loops and fuel regions. It knows nothing of wasm or machine code; every back end starts here.

import type { VerifiedModule } from "../verify/verify.ts";

/** How a block ends. */
export const END = {
  /** Goes on in the next block, which starts at `end`. */
  fall: 0,
  /** Conditional JR: successor 0 when not taken, 1 when taken. */
  branch: 1,
  /** JR that is always taken. */
  goto: 2,
  /** CALL: successor 0 is the return point. */
  call: 3,
  ret: 4,
  /** Runs off the end of CODE. */
  off: 5,
  /** CALL whose callee stands in the graph: successor 0 is the callee's first block. */
  enter: 6,
  /** RET of a function that stands in the graph: successor 0 is the return point. */
  leave: 7,
} as const;
type BlockEnd = (typeof END)[keyof typeof END];

export interface Block {
  /** Word indices; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** Instructions, each of which costs 1. */
  readonly cost: number;
  readonly kind: BlockEnd;
  /** Word index of the last instruction. */
  readonly last: number;
  /** JR condition 1 (EQ) to 6 (GES) for `branch`. */
  readonly condition: number;
  /** Word index of the function called, for `call`. */
  readonly callee: number;
  /** Calls of functions standing in the graph around this block; 0 = the root's own code. */
  readonly level: number;
  /** Its last instruction is LDIR, FILL or a host call, whose charge is known only when it has run. */
  readonly paysByTheByte: boolean;
  /** Indices of successor blocks in order; `branch` has [not taken, taken]. */
  readonly successors: number[];
}

/** Blocks in reverse postorder, the root first. */
export interface Graph {
  readonly blocks: readonly Block[];
  /** Index of the immediate dominator; the root's is 0. */
  readonly idom: Int32Array;
  readonly predecessors: readonly (readonly number[])[];
  /** 1 where a retreating edge enters. */
  readonly isHeader: Uint8Array;
  /** false when some loop can be entered elsewhere than at its header. */
  readonly reducible: boolean;
  /** 1 where fuel is checked: root, loop headers, after calls and after instructions that pay by the byte. */
  readonly isRegion: Uint8Array;
  /** Most units paid from the start of a block to the next region's check. */
  readonly pathCost: Float64Array;
  readonly instructions: number;
}

/** Why a graph was refused. */
export type GraphRefusal = "too_many_blocks" | "too_many_instructions";

export const MAX_BLOCKS = 3_000;
const MAX_INSTRUCTIONS = 60_000;

const LD_EXT32 = -2048;
const LD_EXT64 = -2047;

/** One bit per word where a basic block starts: targets, and what follows a terminator or a call to the host. */
export function findLeaders(module: Pick<VerifiedModule, "code" | "codeWords">): Uint8Array {
  const { code, codeWords } = module;
  const leaders = new Uint8Array((codeWords + 8) >>> 3);
  const mark = (index: number) => {
    leaders[index >> 3]! |= 1 << (index & 7);
  };
  for (let index = 0; index < codeWords; ) {
    const word = code[index]!;
    const opcode = word >>> 24;
    const next = index + wordLength(word);
    if (opcode <= 0x02) {
      if (opcode !== 0x01) mark(index + ((word << 20) >> 20));
      mark(next);
    } else if (opcode >= 0x90) mark(next);
    index = next;
  }
  return leaders;
}

export function wordLength(word: number): number {
  if (word >>> 24 !== 0x70) return 1;
  const imm = (word << 20) >> 20;
  return imm === LD_EXT32 ? 2 : imm === LD_EXT64 ? 3 : 1;
}

/** One copy of a function's code in the graph: the root's, or that of a function which stands in its caller. */
interface Frame {
  readonly level: number;
  readonly caller: Frame | undefined;
  /** Word index after the CALL. */
  readonly returnTo: number;
  /** Jumps to lower word indices go to a copy of their own; -1 = none do. */
  readonly lowest: number;
  /** Blocks of this frame by their first word. */
  readonly blocks: Map<number, number>;
}

export interface GraphOptions {
  /** Says whether a callee is to stand in the graph; `level` counts from 1 for calls from the root's own code. */
  readonly inline?: (callee: number, level: number, instructions: number) => boolean;
  /** Instructions past which the graph gets no further copies of the root's code. 0 = none are made. */
  readonly copyUpTo: number;
}

/** The graph reachable from word index `root`. `leaders` is `findLeaders` of the same module. */
export function buildGraph(
  module: Pick<VerifiedModule, "code" | "codeWords">,
  leaders: Uint8Array,
  root: number,
  { inline = () => false, copyUpTo }: GraphOptions,
): Graph | GraphRefusal {
  const found: Block[] = [];
  const work: { start: number; frame: Frame }[] = [];
  let instructions = 0;
  const visit = (frame: Frame, start: number): number => {
    const known = frame.blocks.get(start);
    if (known !== undefined) return known;
    const index = work.length;
    frame.blocks.set(start, index);
    work.push({ start, frame });
    return index;
  };
  // A root inside a loop would share its header with every loop around it, and back ends would keep the values of all
  // of them in the innermost. So a jump back over the root goes to a second copy of the code, which is entered
  // at the outer loop's top, and so on outwards.
  const copies = new Map<number, Frame>();
  const copyAt = (lowest: number): Frame => {
    let copy = copies.get(lowest);
    if (copy === undefined) {
      copy = { level: 0, caller: undefined, returnTo: -1, lowest, blocks: new Map() };
      copies.set(lowest, copy);
    }
    return copy;
  };
  const follow = (frame: Frame, to: number): number => {
    const isBack = to < frame.lowest && (copies.has(to) || instructions < copyUpTo);
    return visit(isBack ? copyAt(to) : frame, to);
  };
  visit(copyAt(root), root);
  for (let i = 0; i < work.length; i++) {
    if (work.length > MAX_BLOCKS) return "too_many_blocks";
    const { start, frame } = work[i]!;
    const read = readBlock(module, leaders, start, frame.level, (at) => follow(frame, at));
    instructions += read.cost;
    if (instructions > MAX_INSTRUCTIONS) return "too_many_instructions";
    if (read.kind === END.call && inline(read.callee, frame.level + 1, instructions)) {
      const callee: Frame = {
        level: frame.level + 1,
        caller: frame,
        returnTo: read.end,
        lowest: -1,
        blocks: new Map(),
      };
      found.push({ ...read, kind: END.enter, successors: [visit(callee, read.callee)] });
    } else if (read.kind === END.call) {
      found.push({ ...read, successors: [visit(frame, read.end)] });
    } else if (read.kind === END.ret && frame.caller !== undefined) {
      found.push({ ...read, kind: END.leave, successors: [visit(frame.caller, frame.returnTo)] });
    } else found.push(read);
  }
  return arrange(found, instructions);
}

function readBlock(
  { code, codeWords }: Pick<VerifiedModule, "code" | "codeWords">,
  leaders: Uint8Array,
  start: number,
  level: number,
  visit: (start: number) => number,
): Block {
  const base = { start, level, cost: 0, condition: 0, callee: -1, paysByTheByte: false };
  if (start >= codeWords) return { ...base, end: start, last: start, kind: END.off, successors: [] };
  let cost = 0;
  let index = start;
  for (;;) {
    const word = code[index]!;
    const opcode = word >>> 24;
    const last = index;
    index += wordLength(word);
    cost++;
    const made = { ...base, cost, end: index, last };
    if (opcode === 0x00) {
      return { ...made, kind: END.call, callee: last + ((word << 20) >> 20), successors: [] };
    }
    if (opcode === 0x01) return { ...made, kind: END.ret, successors: [] };
    if (opcode === 0x02) return { ...made, ...jump(word, last, index, visit) };
    if (index >= codeWords || (leaders[index >> 3]! & (1 << (index & 7))) !== 0) {
      return { ...made, kind: END.fall, paysByTheByte: opcode >= 0x90, successors: [visit(index)] };
    }
  }
}

/** S4: the unsigned conditions are never, equal, not equal and always. */
function jump(word: number, at: number, next: number, visit: (start: number) => number) {
  const condition = (word >>> 16) & 15;
  const target = at + ((word << 20) >> 20);
  if (condition === 0 || condition === 10) return { kind: END.goto, successors: [visit(target)] };
  if (condition === 7) return { kind: END.goto, successors: [visit(next)] };
  const plain = condition === 8 ? 1 : condition === 9 ? 2 : condition;
  if (target === next) return { kind: END.goto, successors: [visit(next)] };
  return { kind: END.branch, condition: plain, successors: [visit(next), visit(target)] };
}

/** Puts blocks in reverse postorder and computes everything that follows from the order. */
function arrange(found: readonly Block[], instructions: number): Graph {
  const order = postorder(found).reverse();
  const position = new Int32Array(found.length);
  order.forEach((old, now) => {
    position[old] = now;
  });
  const blocks = order.map((old): Block => {
    const block = found[old]!;
    return { ...block, successors: block.successors.map((s) => position[s]!) };
  });
  const predecessors: number[][] = blocks.map(() => []);
  blocks.forEach((block, i) => {
    for (const s of block.successors) predecessors[s]!.push(i);
  });
  const idom = dominators(blocks, predecessors);
  const isHeader = new Uint8Array(blocks.length);
  let reducible = true;
  blocks.forEach((block, i) => {
    for (const s of block.successors) {
      if (s > i) continue;
      isHeader[s] = 1;
      if (!dominates(idom, s, i)) reducible = false;
    }
  });
  const isRegion = new Uint8Array(blocks.length);
  blocks.forEach((block, i) => {
    if (i === 0 || isHeader[i] || !reducible) isRegion[i] = 1;
    if (block.kind === END.call || block.paysByTheByte) for (const s of block.successors) isRegion[s] = 1;
  });
  const pathCost = new Float64Array(blocks.length);
  for (let i = blocks.length - 1; i >= 0; i--) {
    let rest = 0;
    for (const s of blocks[i]!.successors) if (!isRegion[s]) rest = Math.max(rest, pathCost[s]!);
    pathCost[i] = blocks[i]!.cost + rest;
  }
  return { blocks, idom, predecessors, isHeader, reducible, isRegion, pathCost, instructions };
}

function postorder(blocks: readonly Block[]): number[] {
  const order: number[] = [];
  const seen = new Uint8Array(blocks.length);
  const stack: number[] = [0];
  const next = new Int32Array(blocks.length);
  seen[0] = 1;
  while (stack.length > 0) {
    const at = stack[stack.length - 1]!;
    const successors = blocks[at]!.successors;
    if (next[at]! < successors.length) {
      const s = successors[next[at]!++]!;
      if (!seen[s]) {
        seen[s] = 1;
        stack.push(s);
      }
    } else {
      order.push(at);
      stack.pop();
    }
  }
  return order;
}

/** Cooper, Harvey and Kennedy's iteration over blocks in reverse postorder. */
function dominators(blocks: readonly Block[], predecessors: readonly number[][]): Int32Array {
  const idom = new Int32Array(blocks.length).fill(-1);
  idom[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < blocks.length; i++) {
      let best = -1;
      for (const p of predecessors[i]!) {
        if (idom[p] === -1) continue;
        best = best === -1 ? p : meet(idom, p, best);
      }
      if (idom[i] !== best) {
        idom[i] = best;
        changed = true;
      }
    }
  }
  return idom;
}

function meet(idom: Int32Array, a: number, b: number): number {
  let x = a;
  let y = b;
  while (x !== y) {
    while (x > y) x = idom[x]!;
    while (y > x) y = idom[y]!;
  }
  return x;
}

function dominates(idom: Int32Array, above: number, below: number): boolean {
  let at = below;
  while (at > above) at = idom[at]!;
  return at === above;
}
