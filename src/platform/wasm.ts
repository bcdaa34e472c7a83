// WebAssembly, reached only here and only when a tier is about to use it: nothing is probed at import (D29, D49).

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
/** A compiled module; may be shared with workers. */
export type WasmCode = object;
type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface WasmApi {
  readonly Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmCode;
  readonly Instance: new (
    code: WasmCode,
    imports: Imports,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly RuntimeError: new () => Error;
  readonly compile: (bytes: Uint8Array<ArrayBuffer>) => Promise<WasmCode>;
}

function api(): WasmApi | undefined {
  return (globalThis as { WebAssembly?: WasmApi }).WebAssembly; // absent under --jitless
}

/** Whether there is any; it may still refuse to compile. */
export const hasWasm = (): boolean => api() !== undefined;

/** `undefined` where there is no WebAssembly, or no room for another memory. */
export function tryWasmMemory(pages: number): WasmMemory | undefined {
  const wasm = api();
  if (wasm === undefined) return undefined;
  try {
    return new wasm.Memory({ initial: pages, maximum: pages });
  } catch {
    return undefined;
  }
}

/** Throws what the environment throws: a refusal by content policy, a bug in our encoder, no memory. */
export function compileWasm(bytes: Uint8Array<ArrayBuffer>): WasmCode {
  const wasm = api();
  if (wasm === undefined) throw new Error("no WebAssembly here");
  return new wasm.Module(bytes);
}

export async function compileWasmAsync(bytes: Uint8Array<ArrayBuffer>): Promise<WasmCode> {
  const wasm = api();
  if (wasm === undefined) throw new Error("no WebAssembly here");
  return wasm.compile(bytes);
}

export function instantiateWasm(code: WasmCode, imports: Imports): Readonly<Record<string, unknown>> {
  const wasm = api();
  if (wasm === undefined) throw new Error("no WebAssembly here");
  return new wasm.Instance(code, imports).exports;
}

/** A trap of wasm code, as opposed to anything its imports threw. */
export function isWasmTrap(thrown: unknown): boolean {
  const wasm = api();
  return wasm !== undefined && thrown instanceof wasm.RuntimeError;
}
