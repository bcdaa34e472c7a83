// The globals portable code may use beyond the language itself: what Node, browsers and workers all
// have. Seen only by tsconfig.portable.json; elsewhere Node's own declarations stand.
// Adding a name here widens what every platform must offer.

declare class TextDecoder {
  constructor(label?: "utf-8" | "latin1", options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferView | ArrayBufferLike, options?: { stream?: boolean }): string;
}

/** Of an ES module: where it was loaded from. */
interface ImportMeta {
  readonly url: string;
}

declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
}

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
