// A wasm module under construction: types, imports, functions, exports and bodies, in one pass and in order.
// It knows the binary format and nothing of what the code means.

import { VALTYPE } from "./ops.ts";
import { ByteSink } from "./sink.ts";

const SECTION = { type: 1, import: 2, function: 3, memory: 5, global: 6, export: 7, code: 10 } as const;

/** Value types of a signature, each a `VALTYPE` byte. */
export interface Signature {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export class WasmModule {
  readonly #types = new Map<string, number>();
  readonly #typeSink = new ByteSink(64);
  readonly #importSink = new ByteSink(64);
  readonly #functionSink = new ByteSink(64);
  readonly #exportSink = new ByteSink(64);
  #imports = 0;
  #importedFunctions = 0;
  #functions = 0;
  #exports = 0;
  readonly #memorySink = new ByteSink(8);
  #memories = 0;
  readonly #globalSink = new ByteSink(16);
  #globals = 0;
  #bodies = 0;
  #codeOffset = 0;
  /** Function bodies, one after the other. */
  readonly code = new ByteSink(4096);

  /** Index of a signature; equal ones are shared. */
  type({ params, results }: Signature): number {
    const key = `${params.join()}:${results.join()}`;
    const known = this.#types.get(key);
    if (known !== undefined) return known;
    const index = this.#types.size;
    this.#types.set(key, index);
    this.#typeSink.byte(0x60);
    for (const list of [params, results]) {
      this.#typeSink.u32(list.length);
      for (const type of list) this.#typeSink.byte(type);
    }
    return index;
  }

  /** Imports come before the first `declare`; gives the function index. */
  importFunction(module: string, name: string, signature: Signature): number {
    const type = this.type(signature);
    this.#importSink.name(module);
    this.#importSink.name(name);
    this.#importSink.byte(0);
    this.#importSink.u32(type);
    this.#imports++;
    return this.#importedFunctions++;
  }

  /** `minPages` of 64 KiB; `maxPages` must match what the memory was made with. */
  importMemory(module: string, name: string, minPages: number, maxPages: number): void {
    this.#importSink.name(module);
    this.#importSink.name(name);
    this.#importSink.byte2(2, 1);
    this.#importSink.u32(minPages);
    this.#importSink.u32(maxPages);
    this.#imports++;
  }

  /** Announces a function; its body must be the next `open` in the same order. Gives the function index. */
  declare(signature: Signature): number {
    this.#functionSink.u32(this.type(signature));
    return this.#importedFunctions + this.#functions++;
  }

  /** A memory of the module's own. */
  declareMemory(pages: number): void {
    this.#memorySink.byte2(1, pages);
    this.#memorySink.byte(pages);
    this.#memories++;
  }

  /** A mutable i32 that starts at 0; gives its index. */
  declareGlobal(): number {
    this.#globalSink.byte2(VALTYPE.i32, 1);
    this.#globalSink.byte2(0x41, 0);
    this.#globalSink.byte(0x0b);
    return this.#globals++;
  }

  exportFunction(name: string, index: number): void {
    this.#exportSink.name(name);
    this.#exportSink.byte(0);
    this.#exportSink.u32(index);
    this.#exports++;
  }

  /** Starts a body with its locals, given as runs of one type; gives what `close` needs. */
  open(locals: readonly (readonly [count: number, type: number])[]): number {
    const hole = this.code.holeU32();
    const runs = locals.filter(([count]) => count > 0);
    this.code.u32(runs.length);
    for (const [count, type] of runs) {
      this.code.u32(count);
      this.code.byte(type);
    }
    this.#bodies++;
    return hole;
  }

  close(hole: number): void {
    this.code.byte(0x0b);
    this.code.patchU32(hole, this.code.length - hole - 5);
  }

  /** Where `code` starts in the finished module; what a stack trace counts from is the module. */
  get codeOffset(): number {
    return this.#codeOffset;
  }

  /** The finished module. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteSink(this.code.length + 512);
    out.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const section = (id: number, count: number, body: ByteSink) => {
      if (count === 0) return;
      out.byte(id);
      const hole = out.holeU32();
      out.u32(count);
      this.#codeOffset = out.length; // the code section is the last
      out.raw(body.bytes());
      out.patchU32(hole, out.length - hole - 5);
    };
    section(SECTION.type, this.#types.size, this.#typeSink);
    section(SECTION.import, this.#imports, this.#importSink);
    section(SECTION.function, this.#functions, this.#functionSink);
    section(SECTION.memory, this.#memories, this.#memorySink);
    section(SECTION.global, this.#globals, this.#globalSink);
    section(SECTION.export, this.#exports, this.#exportSink);
    section(SECTION.code, this.#bodies, this.code);
    return out.bytes();
  }
}

export const I32 = VALTYPE.i32;
export const I64 = VALTYPE.i64;
