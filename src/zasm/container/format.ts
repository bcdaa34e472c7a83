// Facts of the `.zasm.bin` v2 container that reader and writer share: sizes, tags, and what a module consists of.

export const MAGIC = 0x4253415a; // "ZASB"
export const VERSION = 2;
export const HEADER_BYTES = 40;
export const ENTRY_BYTES = 20;
export const MIN_MEM_BYTES = 65_536;
/**
 * Segments in DATA and exports in EXPT at most. A record of 8 bytes in the file costs some 200 in memory, so
 * without a limit of its own a module of maxFileLen could take the process down.
 */
export const MAX_RECORDS = 262_144;
/** Bits 0 to 5 of an IMPT mask are in, out, log, alloc, free, ctl. */
export const IMPT_BITS = 6;

/** A section tag as the little-endian number it is in the directory. */
export const tagNumber = (tag: string): number =>
  (tag.charCodeAt(0) | (tag.charCodeAt(1) << 8) | (tag.charCodeAt(2) << 16) | (tag.charCodeAt(3) << 24)) >>>
  0;

export const tagText = (tag: number): string =>
  String.fromCharCode(tag & 255, (tag >>> 8) & 255, (tag >>> 16) & 255, tag >>> 24);

/** Tags the engine reads, as numbers. */
export const TAGS = {
  CODE: tagNumber("CODE"),
  DATA: tagNumber("DATA"),
  IMPT: tagNumber("IMPT"),
  EXPT: tagNumber("EXPT"),
  MEM: tagNumber("MEM "),
} as const;

/** One directory entry. `offset` and `length` are bytes of the file, `entryOffset` is where the entry itself stands. */
export interface Section {
  readonly tag: number;
  readonly offset: number;
  readonly length: number;
  readonly entryOffset: number;
}

/** Bytes copied to guest memory at `dst`, counted from the start of memory, before the program runs. */
export interface DataSegment {
  readonly dst: number;
  readonly bytes: Uint8Array;
  /** File offset of the segment's `dst` field. */
  readonly offset: number;
}

export interface Export {
  readonly name: string;
  readonly pcWords: number;
  /** File offset of the export's `pc_words` field. */
  readonly offset: number;
}

export interface MemoryLimits {
  readonly minBytes: number;
  /** 0 = none. */
  readonly maxBytes: number;
  /** File offset of `min_bytes`; `max_bytes` follows it. */
  readonly offset: number;
}

export interface ImportMask {
  readonly mask: number;
  /** File offset of the mask. */
  readonly offset: number;
}

/** A container whose structure is checked; its code is not verified yet. */
export interface Container {
  /** The `file_len` bytes of the module. */
  readonly file: Uint8Array;
  readonly dirOffset: number;
  readonly entryPcWords: number;
  readonly abiId: number;
  readonly abiVersion: number;
  /** In directory order, unknown tags included. */
  readonly sections: readonly Section[];
  readonly code: Uint8Array;
  readonly data: readonly DataSegment[];
  readonly imports: ImportMask | undefined;
  readonly exports: readonly Export[] | undefined;
  readonly memory: MemoryLimits | undefined;
}
