// The control-flow graph of the code reachable from one root without following calls: blocks, their order,
// dominators, loops and fuel regions. It knows nothing of wasm or machine code; every back end starts here.
//
// What is known of a block is in fields of the block, written by one pass each. Passes are few and plain: most units are
// compiled once, by code that V8 sees for the first time, and then every line costs more than what it computes.

import { lengthWords } from "../isa/fields.ts";
import { OPCODE } from "../isa/table.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { COMPARE_BIT, effectsOfWord } from "./effects.ts";

/** How a block ends. */
export const END = {
  /** Goes on in the next block, which starts at `end`. */
  fall: 0,
  /** Conditional JR: to `next` when not taken, to `taken` when taken. */
  branch: 1,
  /** JR that is always taken, or never. */
  goto: 2,
  /** CALL: `next` is the return point. */
  call: 3,
  ret: 4,
  /** Runs off the end of CODE. */
  off: 5,
  /** CALL whose callee stands in the graph: `next` is the callee's first block. */
  enter: 6,
  /** RET of a function that stands in the graph: `next` is the return point. */
  leave: 7,
} as const;
type BlockEnd = (typeof END)[keyof typeof END];

export interface Block {
  /** Word indices; `end` is exclusive. */
  readonly start: number;
  end: number;
  /** Word index of the last instruction. */
  last: number;
  /** Instructions, each of which costs 1. */
  cost: number;
  kind: BlockEnd;
  /** JR condition 1 (EQ) to 6 (GES) for `branch`. */
  condition: number;
  /** Word index of the function called, for `call` and `enter`. */
  callee: number;
  /** Index among the functions of the unit of what is called; -1 = left to the interpreter. */
  target: number;
  /** Calls of functions standing in the graph around this block; 0 = the root's own code. */
  readonly level: number;
  /** Its last instruction is LDIR, FILL or a host call, whose charge is known only when it has run. */
  paysByTheByte: boolean;
  /** Indices of the blocks that come next; -1 = none. Word indices while the graph is made. */
  next: number;
  taken: number;

  /** Registers read before they are written, written, and added 0 or more to for an address before they are written. */
  reads: number;
  writes: number;
  addresses: number;

  /** A retreating edge enters. */
  isHeader: boolean;
  /** Several forward edges enter. */
  isMerge: boolean;
  /** Fuel is checked: root, loop headers, after calls and after instructions that pay by the byte. */
  isRegion: boolean;
  isAfterCall: boolean;
  /** Index of the immediate dominator, in reducible graphs; the root's is 0. */
  idom: number;
  /** Dominators above it, and one some way up: a way to any of them takes a number of steps that is logarithmic. */
  depth: number;
  jump: number;
  /** Merges whose immediate dominator this is: the last of them; each leads to the one before. -1 = none. */
  lastMerge: number;
  mergeBefore: number;
  /** Index of the last block that leads here. */
  lastFrom: number;
  /** Most units paid from the start of the block to the next region's check. */
  pathCost: number;

  /** Planned: registers whose value somebody may look at from the start of the block on. */
  live: number;
  /** Planned: registers that are in their local at the start; the others are in the state block. */
  local: number;
  /** Planned: registers below 2^32 at the start, and those of them to be looked at on the way into the loop. */
  narrow: number;
  guards: number;

  /** For the search: the copy of the code it is in, and the block found before for the same slot. */
  readonly frame: Frame;
  readonly foundBefore: number;
}

/** Blocks in reverse postorder, the root first. */
export interface Graph {
  readonly blocks: readonly Block[];
  /** false when some loop can be entered elsewhere than at its header. */
  readonly reducible: boolean;
  readonly instructions: number;
  /** Registers that some block reads before it writes them, and that some block writes. */
  readonly reads: number;
  readonly writes: number;
  /** Some call was left a call. */
  readonly hasCalls: boolean;
}

/** Why a graph was refused. */
export type GraphRefusal = "too_many_blocks" | "too_many_instructions";

export const MAX_BLOCKS = 3_000;
const MAX_INSTRUCTIONS = 60_000;

const { CALL, RET, JR, LD } = OPCODE;
/** LDIR, FILL and the host calls. */
export const FIRST_BY_THE_BYTE = OPCODE.LDIR;

type Code = Pick<VerifiedModule, "code" | "codeWords">;

/** One bit per word where a basic block starts: targets, and what follows a terminator or a call to the host. */
export function findLeaders({ code, codeWords }: Code): Uint8Array {
  const leaders = new Uint8Array((codeWords + 8) >>> 3);
  for (let index = 0; index < codeWords; ) {
    const word = code[index]!;
    const opcode = word >>> 24;
    const next = index + (opcode === LD ? lengthWords(word) : 1);
    if (opcode <= JR || opcode >= FIRST_BY_THE_BYTE) {
      leaders[next >> 3]! |= 1 << (next & 7);
      if (opcode === CALL || opcode === JR) {
        const target = index + ((word << 20) >> 20);
        leaders[target >> 3]! |= 1 << (target & 7);
      }
    }
    index = next;
  }
  return leaders;
}

/** One copy of a function's code in the graph: the root's, or that of a function which stands in its caller. */
interface Frame {
  readonly level: number;
  readonly caller: Frame | undefined;
  /** Word index after the CALL. */
  readonly returnTo: number;
  /** Jumps to lower word indices go to a copy of their own; -1 = none do. */
  readonly lowest: number;
}

/** What may stand in its caller. */
export interface Inlining {
  /** Nested calls. 0 = none. */
  readonly levels: number;
  /** Instructions of a callee, its own calls not followed. */
  readonly calleeInstructions: number;
  /** Instructions of a graph past which nothing more is inlined. */
  readonly graphInstructions: number;
}

/** `Inlining` at work: what was found of callees, by word index. */
export interface Inliner {
  readonly limits: Inlining;
  readonly isSmall: Map<number, boolean>;
}

/** Words that share a slot of `foundAt` are so far apart that a module of 16 Mi words, the most there can be, has 256 of them. */
const SLOTS = 65_536;
/** By slot: the block found last for it, if that block is one of this search and says so. Never cleared. */
let foundAt = new Int32Array(0);

/**
 * The graph reachable from word index `root`. `leaders` is `findLeaders` of the same module. Past `copyUpTo` instructions
 * the graph gets no further copies of the root's code; 0 = none are made.
 */
export function buildGraph(
  module: Code,
  leaders: Uint8Array,
  root: number,
  copyUpTo = 0,
  inliner?: Inliner,
): Graph | GraphRefusal {
  if (foundAt.length === 0) foundAt = new Int32Array(SLOTS);
  const found: Block[] = [];
  // A root inside a loop would share its header with every loop around it, and back ends would keep the values of all
  // of them in the innermost. So a jump back over the root goes to a second copy of the code, which is entered
  // at the outer loop's top, and so on outwards.
  const copies: Frame[] = [{ level: 0, caller: undefined, returnTo: -1, lowest: root }];
  visit(found, copies[0]!, root);
  let instructions = 0;
  let reads = 0;
  let writes = 0;
  let hasCalls = false;
  for (let i = 0; i < found.length; i++) {
    if (found.length > MAX_BLOCKS) return "too_many_blocks";
    const block = found[i]!;
    const { frame } = block;
    readBlock(block, module, leaders);
    const { next, taken } = block;
    if (next >= frame.lowest && next >= 0) block.next = visit(found, frame, next);
    else if (next >= 0) block.next = followBack(found, copies, frame, next, instructions < copyUpTo);
    if (taken >= frame.lowest && taken >= 0) block.taken = visit(found, frame, taken);
    else if (taken >= 0) block.taken = followBack(found, copies, frame, taken, instructions < copyUpTo);
    instructions += block.cost;
    if (instructions > MAX_INSTRUCTIONS) return "too_many_instructions";
    if (block.kind === END.call) {
      hasCalls = true;
      followCall(found, block, module, leaders, inliner, instructions);
    } else if (block.kind === END.ret && frame.caller !== undefined) {
      block.kind = END.leave;
      block.next = visit(found, frame.caller, frame.returnTo);
    }
    reads |= block.reads;
    writes |= block.writes;
  }
  const blocks = inReversePostorder(found);
  return { blocks, reducible: arrange(blocks), instructions, reads, writes, hasCalls };
}

/** Goes on behind a call, or in the callee if that may stand in the graph. */
function followCall(
  found: Block[],
  block: Block,
  module: Code,
  leaders: Uint8Array,
  inliner: Inliner | undefined,
  instructions: number,
): void {
  const { callee, end, frame } = block;
  const level = frame.level + 1;
  if (inliner !== undefined && mayInline(inliner, module, leaders, callee, level, instructions)) {
    block.kind = END.enter;
    block.next = visit(found, { level, caller: frame, returnTo: end, lowest: -1 }, callee);
  } else block.next = visit(found, frame, end);
}

/** Index of the block that starts at a word of a frame, found now if it was not. */
function visit(found: Block[], frame: Frame, start: number): number {
  const slot = start & (SLOTS - 1);
  let before = foundAt[slot]!;
  if (before >= found.length || (found[before]!.start & (SLOTS - 1)) !== slot) before = -1;
  for (let i = before; i >= 0; i = found[i]!.foundBefore) {
    if (found[i]!.frame === frame && found[i]!.start === start) return i;
  }
  foundAt[slot] = found.length;
  return found.push(newBlock(start, frame, before)) - 1;
}

/** As `visit`, for jumps back over the root: they go to another copy. */
function followBack(found: Block[], copies: Frame[], frame: Frame, to: number, mayCopy: boolean): number {
  let i = 0;
  while (i < copies.length && copies[i]!.lowest !== to) i++;
  if (i === copies.length) {
    if (!mayCopy) return visit(found, frame, to);
    copies.push({ level: 0, caller: undefined, returnTo: -1, lowest: to });
  }
  return visit(found, copies[i]!, to);
}

function newBlock(start: number, frame: Frame, foundBefore: number): Block {
  return {
    start,
    end: start,
    last: start,
    cost: 0,
    kind: END.off,
    condition: 0,
    callee: -1,
    target: -1,
    level: frame.level,
    paysByTheByte: false,
    next: -1,
    taken: -1,
    reads: 0,
    writes: 0,
    addresses: 0,
    isHeader: false,
    isMerge: false,
    isRegion: false,
    isAfterCall: false,
    idom: -1,
    depth: 0,
    jump: 0,
    lastMerge: -1,
    mergeBefore: -1,
    lastFrom: -1,
    pathCost: 0,
    live: 0,
    local: 0,
    narrow: 0,
    guards: 0,
    frame,
    foundBefore,
  };
}

/** Reads a block to its end; `next` and `taken` are where jumps lead. */
function readBlock(block: Block, { code, codeWords }: Code, leaders: Uint8Array): void {
  let index = block.start;
  let cost = 0;
  let reads = 0;
  let writes = 0;
  let addresses = 0;
  while (index < codeWords) {
    const word = code[index]!;
    const opcode = word >>> 24;
    block.last = index;
    index += opcode === LD ? lengthWords(word) : 1;
    cost++;
    if (opcode <= JR) {
      const target = block.last + ((word << 20) >> 20);
      if (opcode === JR) {
        // S4: the unsigned conditions are never, equal, not equal and always.
        const condition = (word >>> 16) & 15;
        const isAlways = condition === 0 || condition === 10;
        block.kind = END.goto;
        block.next = isAlways ? target : index;
        if (isAlways || condition === 7) break;
        reads |= COMPARE_BIT & ~writes;
        if (target === index) break;
        block.kind = END.branch;
        block.condition = condition === 8 ? 1 : condition === 9 ? 2 : condition;
        block.taken = target;
      } else if (opcode === RET) block.kind = END.ret;
      else {
        block.kind = END.call;
        block.callee = target;
      }
      break;
    }
    const effects = effectsOfWord(word);
    reads |= effects & 0xff & ~writes;
    if ((word & 0x800) === 0) addresses |= (effects >>> 16) & ~writes;
    writes |= (effects >>> 8) & 0xff;
    if (index >= codeWords || (leaders[index >> 3]! & (1 << (index & 7))) !== 0) {
      block.kind = END.fall;
      block.paysByTheByte = opcode >= FIRST_BY_THE_BYTE;
      block.next = index;
      break;
    }
  }
  block.end = index;
  block.cost = cost;
  block.reads = reads;
  block.writes = writes;
  block.addresses = addresses;
}

/** Whether a callee is to stand in a graph that has so many instructions without it. */
function mayInline(
  { limits, isSmall }: Inliner,
  module: Code,
  leaders: Uint8Array,
  callee: number,
  level: number,
  instructions: number,
): boolean {
  if (level > limits.levels || instructions >= limits.graphInstructions) return false;
  let small = isSmall.get(callee);
  if (small === undefined) {
    small = hasAtMost(limits.calleeInstructions, module, leaders, callee);
    isSmall.set(callee, small);
  }
  return small;
}

/** Whether no more than `most` instructions can be reached from `start`, calls not followed. */
function hasAtMost(most: number, module: Code, leaders: Uint8Array, start: number): boolean {
  const frame = { level: 0, caller: undefined, returnTo: -1, lowest: -1 };
  const blocks = [newBlock(start, frame, -1)];
  let instructions = 0;
  const add = (to: number) => {
    if (to >= 0 && !blocks.some((known) => known.start === to)) blocks.push(newBlock(to, frame, -1));
  };
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!;
    readBlock(block, module, leaders);
    instructions += block.cost;
    if (instructions > most) return false;
    add(block.kind === END.call ? block.end : block.next);
    add(block.taken);
  }
  return true;
}

/** Writes down everything that follows from the order of the blocks; false when the graph is not reducible. */
function arrange(blocks: readonly Block[]): boolean {
  const count = blocks.length;
  let reducible = true;
  blocks[0]!.idom = 0;
  blocks[0]!.isRegion = true;
  // Every forward edge into a block comes from before it, so its dominator is known when its turn comes. Retreating
  // edges change no dominator as long as they enter where they must.
  for (let i = 0; i < count; i++) {
    const block = blocks[i]!;
    const above = blocks[block.idom]!;
    if (i > 0) {
      // Jumps grow as in a skew-binary number: as long as the two above are equally long, theirs are taken together.
      const jumped = blocks[above.jump]!;
      const isSum = above.depth - jumped.depth === jumped.depth - blocks[jumped.jump]!.depth;
      block.depth = above.depth + 1;
      block.jump = isSum ? jumped.jump : block.idom;
    }
    if (block.isMerge) {
      block.mergeBefore = above.lastMerge;
      above.lastMerge = i;
    }
    if (block.next >= 0 && !connect(blocks, block, i, block.next)) reducible = false;
    if (block.taken >= 0 && !connect(blocks, block, i, block.taken)) reducible = false;
  }
  if (!reducible) for (const block of blocks) block.isRegion = true;
  for (let i = count - 1; i >= 0; i--) {
    const block = blocks[i]!;
    const { next, taken } = block;
    let rest = 0;
    if (next >= 0 && !blocks[next]!.isRegion) rest = blocks[next]!.pathCost;
    if (taken >= 0 && !blocks[taken]!.isRegion && blocks[taken]!.pathCost > rest)
      rest = blocks[taken]!.pathCost;
    block.pathCost = block.cost + rest;
  }
  return reducible;
}

/** An edge from block `i`; false when it enters a loop at its header without having to. */
function connect(blocks: readonly Block[], from: Block, i: number, to: number): boolean {
  const successor = blocks[to]!;
  successor.lastFrom = i;
  if (from.kind === END.call) successor.isAfterCall = true;
  if (from.kind === END.call || from.paysByTheByte) successor.isRegion = true;
  if (to <= i) {
    successor.isHeader = true;
    successor.isRegion = true;
    return meet(blocks, to, i) === to;
  }
  if (successor.idom < 0) successor.idom = i;
  else {
    successor.isMerge = true;
    successor.idom = meet(blocks, successor.idom, i);
  }
  return true;
}

/** The nearest block that dominates both, as far as forward edges say. */
function meet(blocks: readonly Block[], a: number, b: number): number {
  const depth = Math.min(blocks[a]!.depth, blocks[b]!.depth);
  let x = climb(blocks, a, depth);
  let y = climb(blocks, b, depth);
  while (x !== y) {
    const [left, right] = [blocks[x]!, blocks[y]!];
    const isFar = left.jump !== right.jump;
    x = isFar ? left.jump : left.idom;
    y = isFar ? right.jump : right.idom;
  }
  return x;
}

/** The dominator of a block at a depth. */
function climb(blocks: readonly Block[], from: number, depth: number): number {
  let at = from;
  for (let block = blocks[at]!; block.depth > depth; block = blocks[at]!) {
    at = blocks[block.jump]!.depth >= depth ? block.jump : block.idom;
  }
  return at;
}

function inReversePostorder(found: readonly Block[]): Block[] {
  const count = found.length;
  /** Way from the root, as indices in `found`. */
  const path = new Int32Array(count);
  /** 0 = not seen; else 1 + successors looked at. */
  const seen = new Uint8Array(count);
  /** Where each block found comes to stand. */
  const place = new Int32Array(count);
  const blocks: Block[] = new Array(count);
  let free = count;
  let depth = 0;
  seen[0] = 1;
  while (depth >= 0) {
    const at = path[depth]!;
    const step = seen[at]!++;
    const block = found[at]!;
    if (step > 2) {
      place[at] = --free;
      blocks[free] = block;
      depth--;
      continue;
    }
    const to = step === 1 ? block.next : block.taken;
    if (to >= 0 && seen[to] === 0) {
      seen[to] = 1;
      path[++depth] = to;
    }
  }
  for (let i = 0; i < count; i++) {
    const block = blocks[i]!;
    if (block.next >= 0) block.next = place[block.next]!;
    if (block.taken >= 0) block.taken = place[block.taken]!;
  }
  return blocks;
}
