// The reference interpreter: the law. A plain switch over raw instruction words, no generated code, no caches;
// it starts from any state block and stops before any instruction.
//
// Registers live in the block and are used through two pairs of views over the same bytes: 64-bit bigint lanes
// for arithmetic that needs all bits at once, 32-bit halves for the rest. Bigints never live across instructions.
// Case labels are literal numbers because only those compile to a jump table; a test holds them to the table.

import { InternalError } from "../../core/errors.ts";
import { FIRST_PRIMITIVE, ISA, LD_EXT32, LD_EXT64 } from "../isa/table.ts";
import { COMPARE, EXIT, type Exit, type StateBlock } from "../state/block.ts";
import type { HostCalls } from "../state/host-calls.ts";
import type { VerifiedModule } from "../verify/verify.ts";

/** Bytes touched by each load and store opcode. */
const ACCESS = (() => {
  const bytes = new Uint8Array(256);
  for (const row of ISA) bytes[row.opcode] = row.access;
  return bytes;
})();

/** What is left of the way to promotion, per word index of a loop header or function; see `runtime/tiering.ts`. */
export interface Heat {
  readonly left: Int32Array;
  /** Folds word indices into `left`. */
  readonly mask: number;
}

/** Instructions that one call is taken for. */
const CALL_HEAT = 16;

/** At most this many units in one call, so that the countdown stays a small integer. */
export const MAX_BUDGET = 2 ** 30;

/**
 * Runs from `block.pc` until the program ends, traps, or `budget` units have been paid.
 * On every exit the block is complete: pc stands at the instruction that was not (fully) executed.
 */
export function interpret(
  module: VerifiedModule,
  block: StateBlock,
  host: HostCalls,
  metered: boolean,
  budget: number = MAX_BUDGET,
  heat?: Heat,
): Exit {
  const { u64, i64, u32, i32, stack, memory, memoryView, memSize } = block;
  const { code, codeWords } = module;
  const maxDepth = stack.length;
  const baseLow = Number(block.memBase & 0xffff_ffffn);
  const baseHigh = Number(block.memBase >> 32n);

  // The run may still pay `left + reserve`; only `left` is touched in the loop. The `| 0` keep V8 from holding
  // the loop's variables as doubles, which halves the speed.
  const fuel = metered ? block.fuel : budget;
  let left = Math.min(fuel, budget) | 0;
  const reserve = fuel - left;
  let pc = (block.pc >>> 2) | 0;
  let depth = block.depth | 0;
  let exit: Exit;

  run: for (;;) {
    if (left <= 0) {
      if (pc === codeWords) exit = EXIT.decode;
      else exit = metered && reserve + left <= 0 ? EXIT.fuel : EXIT.budget;
      break;
    }
    left--;
    const word = code[pc]!;
    // Indices of the operands' low halves; +1 is the high half, >> 1 the 64-bit lane.
    const d = (word >>> 19) & 30;
    const a = (word >>> 15) & 30;
    const b = (word >>> 11) & 30;
    switch (word >>> 24) {
      case 0x00: // CALL
        if (depth >= maxDepth) {
          exit = EXIT.callDepth;
          break run;
        }
        stack[depth++] = pc + 1;
        pc += (word << 20) >> 20;
        if (heat !== undefined && warmed(heat, pc, CALL_HEAT)) {
          exit = EXIT.hot;
          break run;
        }
        continue;
      case 0x01: // RET
        if (depth === 0) {
          exit = EXIT.returned;
          break run;
        }
        pc = stack[--depth]! | 0;
        continue;
      case 0x02: // JR
        if (!meets((word >>> 16) & 15, i32[COMPARE]!)) break;
        pc += (word << 20) >> 20;
        // A loop warms its header by about the instructions of one turn.
        if (heat !== undefined && (word & 0x800) !== 0 && warmed(heat, pc, -((word << 20) >> 20))) {
          exit = EXIT.hot;
          break run;
        }
        continue;
      case 0x03: // CP
        i32[COMPARE] = i32[a]! - i32[b]!;
        break;
      case 0x04: // DROP
        break;
      case 0x05: // INC
        i32[d] = i32[d]! + 1;
        i32[d + 1] = 0;
        break;
      case 0x06: // DEC
        i32[d] = i32[d]! - 1;
        i32[d + 1] = 0;
        break;
      case 0x07: // MOV
        i32[d] = i32[a]!;
        i32[d + 1] = i32[a + 1]!;
        break;
      case 0x08: // CPI
        i32[COMPARE] = i32[a]! - ((word << 20) >> 20);
        break;

      case 0x10: // ADD
        i32[d] = i32[a]! + i32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x11: // SUB
        i32[d] = i32[a]! - i32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x12: // MUL
        i32[d] = Math.imul(i32[a]!, i32[b]!);
        i32[d + 1] = 0;
        break;
      case 0x13: // DIVS
        if (i32[b] === 0) {
          exit = EXIT.div0;
          break run;
        }
        i32[d] = i32[a]! / i32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x14: // DIVU
        if (i32[b] === 0) {
          exit = EXIT.div0;
          break run;
        }
        u32[d] = u32[a]! / u32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x15: // REMS
        if (i32[b] === 0) {
          exit = EXIT.div0;
          break run;
        }
        i32[d] = i32[a]! % i32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x16: // REMU
        if (i32[b] === 0) {
          exit = EXIT.div0;
          break run;
        }
        u32[d] = u32[a]! % u32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x17: // AND
        i32[d] = i32[a]! & i32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x18: // OR
        i32[d] = i32[a]! | i32[b]!;
        i32[d + 1] = 0;
        break;
      case 0x19: // XOR
        i32[d] = i32[a]! ^ i32[b]!;
        i32[d + 1] = 0;
        break;

      case 0x20: // ADD64
        u64[d >> 1] = u64[a >> 1]! + u64[b >> 1]!;
        break;
      case 0x21: // SUB64
        u64[d >> 1] = u64[a >> 1]! - u64[b >> 1]!;
        break;
      case 0x22: // MUL64
        u64[d >> 1] = u64[a >> 1]! * u64[b >> 1]!;
        break;
      case 0x23: // DIVS64
        if ((i32[b]! | i32[b + 1]!) === 0) {
          exit = EXIT.div0;
          break run;
        }
        i64[d >> 1] = i64[a >> 1]! / i64[b >> 1]!;
        break;
      case 0x24: // DIVU64
        if ((i32[b]! | i32[b + 1]!) === 0) {
          exit = EXIT.div0;
          break run;
        }
        u64[d >> 1] = u64[a >> 1]! / u64[b >> 1]!;
        break;
      case 0x25: // REMS64
        if ((i32[b]! | i32[b + 1]!) === 0) {
          exit = EXIT.div0;
          break run;
        }
        i64[d >> 1] = i64[a >> 1]! % i64[b >> 1]!;
        break;
      case 0x26: // REMU64
        if ((i32[b]! | i32[b + 1]!) === 0) {
          exit = EXIT.div0;
          break run;
        }
        u64[d >> 1] = u64[a >> 1]! % u64[b >> 1]!;
        break;
      case 0x27: // AND64
        i32[d] = i32[a]! & i32[b]!;
        i32[d + 1] = i32[a + 1]! & i32[b + 1]!;
        break;
      case 0x28: // OR64
        i32[d] = i32[a]! | i32[b]!;
        i32[d + 1] = i32[a + 1]! | i32[b + 1]!;
        break;
      case 0x29: // XOR64
        i32[d] = i32[a]! ^ i32[b]!;
        i32[d + 1] = i32[a + 1]! ^ i32[b + 1]!;
        break;

      case 0x30: // SLA
        i32[d] = i32[a]! << count(word);
        i32[d + 1] = 0;
        break;
      case 0x31: // SRA
        i32[d] = i32[a]! >> count(word);
        i32[d + 1] = 0;
        break;
      case 0x32: // SRL
        i32[d] = i32[a]! >>> count(word);
        i32[d + 1] = 0;
        break;
      case 0x33: // ROL
        i32[d] = (i32[a]! << count(word)) | (i32[a]! >>> -count(word));
        i32[d + 1] = 0;
        break;
      case 0x34: // ROR
        i32[d] = (i32[a]! >>> count(word)) | (i32[a]! << -count(word));
        i32[d + 1] = 0;
        break;
      case 0x35: // CLZ
        i32[d] = Math.clz32(i32[d]!);
        i32[d + 1] = 0;
        break;
      case 0x36: // CTZ
        i32[d] = trailingZeros(i32[d]!);
        i32[d + 1] = 0;
        break;
      case 0x37: // POPC
        i32[d] = ones(i32[d]!);
        i32[d + 1] = 0;
        break;

      case 0x40: {
        // SLA64
        const n = count(word);
        const low = i32[a]!;
        const high = i32[a + 1]!;
        i32[d] = n < 32 ? low << n : 0;
        i32[d + 1] = n < 32 ? carryLeft(high, low, n) : low << n;
        break;
      }
      case 0x41: {
        // SRA64
        const n = count(word);
        const low = i32[a]!;
        const high = i32[a + 1]!;
        i32[d] = n < 32 ? carryRight(high, low, n) : high >> n;
        i32[d + 1] = n < 32 ? high >> n : high >> 31;
        break;
      }
      case 0x42: {
        // SRL64
        const n = count(word);
        const low = i32[a]!;
        const high = i32[a + 1]!;
        i32[d] = n < 32 ? carryRight(high, low, n) : high >>> n;
        i32[d + 1] = n < 32 ? high >>> n : 0;
        break;
      }
      case 0x43: {
        // ROL64
        const n = count(word);
        const low = i32[n < 32 ? a : a + 1]!;
        const high = i32[n < 32 ? a + 1 : a]!;
        i32[d] = carryLeft(low, high, n & 31);
        i32[d + 1] = carryLeft(high, low, n & 31);
        break;
      }
      case 0x44: {
        // ROR64
        const n = count(word);
        const low = i32[n < 32 ? a : a + 1]!;
        const high = i32[n < 32 ? a + 1 : a]!;
        i32[d] = carryRight(high, low, n & 31);
        i32[d + 1] = carryRight(low, high, n & 31);
        break;
      }
      case 0x45: // CLZ64
        i32[d] = i32[d + 1] === 0 ? 32 + Math.clz32(i32[d]!) : Math.clz32(i32[d + 1]!);
        i32[d + 1] = 0;
        break;
      case 0x46: // CTZ64
        i32[d] = i32[d] === 0 ? 32 + trailingZeros(i32[d + 1]!) : trailingZeros(i32[d]!);
        i32[d + 1] = 0;
        break;
      case 0x47: // POPC64
        i32[d] = ones(i32[d]!) + ones(i32[d + 1]!);
        i32[d + 1] = 0;
        break;

      case 0x50: // EQ
        i32[d] = i32[a]! === i32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x51: // NE
        i32[d] = i32[a]! !== i32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x52: // LTS
        i32[d] = i32[a]! < i32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x53: // LES
        i32[d] = i32[a]! <= i32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x54: // GTS
        i32[d] = i32[a]! > i32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x55: // GES
        i32[d] = i32[a]! >= i32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x56: // LTU
        i32[d] = u32[a]! < u32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x57: // LEU
        i32[d] = u32[a]! <= u32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x58: // GTU
        i32[d] = u32[a]! > u32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x59: // GEU
        i32[d] = u32[a]! >= u32[b]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x60: // EQ64
        i32[d] = i64[a >> 1]! === i64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x61: // NE64
        i32[d] = i64[a >> 1]! !== i64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x62: // LTS64
        i32[d] = i64[a >> 1]! < i64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x63: // LES64
        i32[d] = i64[a >> 1]! <= i64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x64: // GTS64
        i32[d] = i64[a >> 1]! > i64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x65: // GES64
        i32[d] = i64[a >> 1]! >= i64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x66: // LTU64
        i32[d] = u64[a >> 1]! < u64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x67: // LEU64
        i32[d] = u64[a >> 1]! <= u64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x68: // GTU64
        i32[d] = u64[a >> 1]! > u64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;
      case 0x69: // GEU64
        i32[d] = u64[a >> 1]! >= u64[b >> 1]! ? 1 : 0;
        i32[d + 1] = 0;
        break;

      case 0x70: {
        // LD
        const imm = (word << 20) >> 20;
        if (imm === LD_EXT32) {
          const low = code[pc + 1]!;
          i32[d] = low;
          i32[d + 1] = low >> 31;
          pc += 2;
        } else if (imm === LD_EXT64) {
          i32[d] = code[pc + 1]!;
          i32[d + 1] = code[pc + 2]!;
          pc += 3;
        } else {
          i32[d] = imm;
          i32[d + 1] = imm >> 31;
          pc += 1;
        }
        continue;
      }
      case 0x71: // LD8U
      case 0x72: // LD8S
      case 0x73: // LD16U
      case 0x74: // LD16S
      case 0x75: // LD32
      case 0x76: // LD64
      case 0x77: // LD8U64
      case 0x78: // LD8S64
      case 0x79: // LD16U64
      case 0x7a: // LD16S64
      case 0x7b: // LD32U64
      case 0x7c: // LD32S64
      case 0x80: // ST8
      case 0x81: // ST8_64
      case 0x82: // ST16
      case 0x83: // ST16_64
      case 0x84: // ST32
      case 0x85: // ST32_64
      case 0x86: // ST64
        {
          // z[impl vm.safety.bounds] S5, D13: offset = register + imm12 - memBase, modulo 2^64, in two halves; legal iff <= memSize - bytes.
          const sum = u32[a]! + ((word << 20) >> 20) - baseLow;
          const high = (i32[a + 1]! - baseHigh + Math.floor(sum / 0x1_0000_0000)) | 0;
          const at = sum >>> 0;
          if (high !== 0 || at > memSize - ACCESS[word >>> 24]!) {
            exit = EXIT.oob;
            break run;
          }
          switch (word >>> 24) {
            case 0x71: // LD8U
            case 0x77: // LD8U64
              i32[d] = memory[at]!;
              i32[d + 1] = 0;
              break;
            case 0x72: // LD8S
              i32[d] = memoryView.getInt8(at);
              i32[d + 1] = 0;
              break;
            case 0x73: // LD16U
            case 0x79: // LD16U64
              i32[d] = memoryView.getUint16(at, true);
              i32[d + 1] = 0;
              break;
            case 0x74: // LD16S
              i32[d] = memoryView.getInt16(at, true);
              i32[d + 1] = 0;
              break;
            case 0x75: // LD32
            case 0x7b: // LD32U64
              i32[d] = memoryView.getInt32(at, true);
              i32[d + 1] = 0;
              break;
            case 0x76: // LD64
              i32[d] = memoryView.getInt32(at, true);
              i32[d + 1] = memoryView.getInt32(at + 4, true);
              break;
            case 0x78: {
              // LD8S64
              const value = memoryView.getInt8(at);
              i32[d] = value;
              i32[d + 1] = value >> 31;
              break;
            }
            case 0x7a: {
              // LD16S64
              const value = memoryView.getInt16(at, true);
              i32[d] = value;
              i32[d + 1] = value >> 31;
              break;
            }
            case 0x7c: {
              // LD32S64
              const value = memoryView.getInt32(at, true);
              i32[d] = value;
              i32[d + 1] = value >> 31;
              break;
            }
            case 0x80: // ST8
            case 0x81: // ST8_64
              memory[at] = i32[b]!;
              break;
            case 0x82: // ST16
            case 0x83: // ST16_64
              memoryView.setInt16(at, i32[b]!, true);
              break;
            case 0x84: // ST32
            case 0x85: // ST32_64
              memoryView.setInt32(at, i32[b]!, true);
              break;
            case 0x86: // ST64
              memoryView.setInt32(at, i32[b]!, true);
              memoryView.setInt32(at + 4, i32[b + 1]!, true);
              break;
          }
          break;
        }

      case 0x90: // LDIR
      case 0x91: {
        // FILL
        const length = u64[BC]!;
        if (length === 0n) break; // D14: no-op whatever the pointers
        const target = offsetOf(block, u64[word >>> 24 === 0x90 ? DE : HL]!, length);
        const source = word >>> 24 === 0x90 ? offsetOf(block, u64[HL]!, length) : 0;
        if (target < 0 || source < 0) {
          exit = EXIT.oob;
          break run;
        }
        const bytes = Number(length);
        const charge = bytes >>> 6;
        if (metered && charge > reserve + left) {
          left++; // the 1 is given back (D10)
          exit = EXIT.fuel;
          break run;
        }
        left -= charge;
        if (word >>> 24 === 0x90) memory.copyWithin(target, source, source + bytes);
        else memory.fill(i32[A * 2]!, target, target + bytes);
        break;
      }

      case 0xf0: // IN
      case 0xf1: // OUT
      case 0xf2: // LOG
      case 0xf3: // ALLOC
      case 0xf4: // FREE
      case 0xf5: {
        // CTL
        const outcome = host.call((word >>> 24) - FIRST_PRIMITIVE, block);
        if (outcome !== EXIT.returned) {
          exit = outcome;
          break run;
        }
        left -= host.moved >>> 6;
        break;
      }

      default:
        if (pc !== codeWords)
          throw new InternalError(`verified code has an unknown instruction at ${pc * 4}`);
        left++; // the end of CODE is no instruction and pays nothing (D10, D14)
        exit = EXIT.decode;
        break run;
    }
    pc++;
  }

  block.pc = pc * 4;
  block.depth = depth;
  if (metered) block.fuel = reserve + left;
  return exit;
}

const [HL, DE, A, BC] = [0, 1, 2, 3];

/** Adds to the heat at a word index; true when it is hot. */
function warmed({ left, mask }: Heat, index: number, by: number): boolean {
  const rest = left[index & mask]! - by;
  left[index & mask] = rest;
  return rest < 0;
}

/** Shift count of verified code: 0 to 63. */
const count = (word: number): number => word & 63;

/** The high word of (high:low) << n, for n below 32. */
const carryLeft = (high: number, low: number, n: number): number => (high << n) | ((low >>> 1) >>> (31 - n));

/** The low word of (high:low) >> n, for n below 32. */
const carryRight = (high: number, low: number, n: number): number => (low >>> n) | ((high << 1) << (31 - n));

const trailingZeros = (x: number): number => (x === 0 ? 32 : 31 - Math.clz32(x & -x));

function ones(x: number): number {
  let v = x - ((x >>> 1) & 0x5555_5555);
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** JR: the compare register as a signed 32-bit difference against 0; unsigned conditions degenerate (S3, S4). */
function meets(condition: number, difference: number): boolean {
  switch (condition) {
    case 0: // ALWAYS
      return true;
    case 1: // EQ
      return difference === 0;
    case 2: // NE
      return difference !== 0;
    case 3: // LTS
      return difference < 0;
    case 4: // LES
      return difference <= 0;
    case 5: // GTS
      return difference > 0;
    case 6: // GES
      return difference >= 0;
    case 7: // LTU
      return false;
    case 8: // LEU
      return difference === 0;
    case 9: // GTU
      return difference !== 0;
    default: // GEU
      return true;
  }
}

/** Offset in guest memory of a whole span at a guest address, or -1 (S6: LDIR and FILL check before they move). */
function offsetOf(block: StateBlock, address: bigint, length: bigint): number {
  const offset = BigInt.asUintN(64, address - block.memBase);
  const size = BigInt(block.memSize);
  return length <= size && offset <= size - length ? Number(offset) : -1;
}
