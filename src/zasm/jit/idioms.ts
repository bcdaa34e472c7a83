// Loops that copy or fill memory byte by byte, recognised in a graph: a back end can do most of such a loop's turns with
// one block operation and leave the last to the loop itself. Free of wasm, like the graph.

import { lengthWords } from "../isa/fields.ts";
import { OPCODE } from "../isa/table.ts";
import { effectsOfWord } from "./effects.ts";
import { type Block, END } from "./graph.ts";

/** A loop of one block that moves one byte each turn. Registers that no field names do not change in it. */
export interface ByteLoop {
  /** Holds the address of the byte to write, less `toOffset`; goes up by 1 each turn. */
  readonly to: number;
  readonly toOffset: number;
  /** The same for the byte to read; -1 = the loop fills. */
  readonly from: number;
  readonly fromOffset: number;
  /** Holds the byte: read anew each turn by a copy, constant in a fill. */
  readonly value: number;
  /** Turns left at the loop's top: low32(`minuend`) - low32(`subtrahend`), 0 standing for 2^32; -1 stands for 0. */
  readonly minuend: number;
  readonly subtrahend: number;
  /** Counted down by 1 each turn; -1 = the loop ends at an address. */
  readonly counter: number;
}

const { CP, INC, DEC, CPI, LD8U, LD8U64, ST8, ST8_64 } = OPCODE;
const NOT_EQUAL = 2;
const NONE = -1;

/**
 * The byte loop whose only block is `header`: in some order one store of a byte, for a copy one load before it, one
 * INC of each address, and either DEC of a counter which is then compared with 0, or a comparison of an
 * address, after its INC, with a register that does not change.
 */
export function byteLoopAt(code: Int32Array, blocks: readonly Block[], header: number): ByteLoop | undefined {
  const block = blocks[header]!;
  if (block.kind !== END.branch || block.condition !== NOT_EQUAL || block.taken !== header) return undefined;
  if (block.cost > 7) return undefined;
  let [to, toOffset, from, fromOffset, value] = [NONE, 0, NONE, 0, NONE];
  let [counter, compared, comparedWith] = [NONE, NONE, NONE];
  let raised = 0;
  let written = 0;
  for (let index = block.start; index < block.last; index += lengthWords(code[index]!)) {
    const word = code[index]!;
    const d = (word >>> 20) & 15;
    const a = (word >>> 16) & 15;
    const b = (word >>> 12) & 15;
    const offset = ((word << 20) >> 20) + ((raised >> a) & 1);
    switch (word >>> 24) {
      case INC:
        if (raised & (1 << d)) return undefined;
        raised |= 1 << d;
        break;
      case DEC:
        if (counter !== NONE) return undefined;
        counter = d;
        break;
      case LD8U:
      case LD8U64:
        if (from !== NONE || to !== NONE) return undefined;
        [from, fromOffset, value] = [a, offset, d];
        break;
      case ST8:
      case ST8_64:
        if (to !== NONE || (from !== NONE && value !== b)) return undefined;
        [to, toOffset, value] = [a, offset, b];
        break;
      case CP:
      case CPI:
        // What is compared must have its value for the next turn already.
        if (compared !== NONE || !(((raised >> a) & 1) | Number(counter === a))) return undefined;
        compared = a;
        if (word >>> 24 === CP) comparedWith = b;
        else if ((word & 0xfff) !== 0) return undefined;
        break;
      default:
        return undefined;
    }
    written |= (effectsOfWord(word) >>> 8) & 0xff;
  }
  const isFill = from === NONE;
  const addresses = (1 << to) | (isFill ? 0 : 1 << from);
  if (to === NONE || to === from || raised !== addresses) return undefined;
  if (isFill ? written & (1 << value) : (addresses >> value) & 1) return undefined;
  if (counter !== NONE) {
    // Counted down to 0, and nothing else.
    if (compared !== counter || comparedWith !== NONE || (addresses >> counter) & 1) return undefined;
    if (counter === value) return undefined;
    return { to, toOffset, from, fromOffset, value, minuend: counter, subtrahend: NONE, counter };
  }
  if (!((addresses >> compared) & 1) || comparedWith === NONE || (written >> comparedWith) & 1)
    return undefined;
  return {
    to,
    toOffset,
    from,
    fromOffset,
    value,
    minuend: comparedWith,
    subtrahend: compared,
    counter: NONE,
  };
}
