// Builds `.zasm.bin` files for tests, valid ones and any kind of invalid one. Laid out by the format notes and
// independent of src/zasm/container/write.ts, so that reader and writer cannot share a mistake.

export interface RawSection {
  tag: string;
  bytes: Uint8Array;
  /** Directory fields; default: where the payload was really put, its real length, and 0. */
  offset?: number;
  length?: number;
  flags?: number;
  reserved?: number;
}

/** A file to be. Change what you like, then `build()`. */
export interface RawModule {
  sections: RawSection[];
  /** Header fields by name; absent ones get their right value. */
  header: Partial<Record<keyof typeof HEADER, number>>;
  /** Place payloads in this order of indices; the directory follows the payloads when "last". */
  order?: number[];
  directory?: "first" | "last";
  /** Bytes after file_len. */
  trailing?: Uint8Array;
}

export interface Built {
  bytes: Uint8Array<ArrayBuffer>;
  /** File offset of the directory, of entry `i`, and of the payload of section `i`. */
  dir: number;
  entry: (i: number) => number;
  payload: (i: number) => number;
}

/** Offset and size of each header field. */
const HEADER = {
  magic: [0, 4],
  version: [4, 2],
  flags: [6, 2],
  fileLen: [8, 4],
  dirOffset: [12, 4],
  dirCount: [16, 4],
  entryPcWords: [20, 4],
  abiId: [24, 4],
  abiVersion: [28, 4],
  reserved0: [32, 4],
  reserved1: [36, 4],
} as const;

export function build({ sections, header, order, directory = "first", trailing }: RawModule): Built {
  const dirBytes = 20 * sections.length;
  const offsets: number[] = [];
  let at = directory === "first" ? 40 + dirBytes : 40;
  for (const i of order ?? sections.keys()) {
    offsets[i] = at;
    at += (sections[i]!.bytes.length + 3) & ~3;
  }
  const dir = directory === "first" ? 40 : at;
  const fileLen = directory === "first" ? at : at + dirBytes;
  const bytes = new Uint8Array(fileLen + (trailing?.length ?? 0));
  const view = new DataView(bytes.buffer);
  const right = {
    magic: 0x4253415a,
    version: 2,
    fileLen,
    dirOffset: dir,
    dirCount: sections.length,
  };
  for (const [name, value] of Object.entries({ ...right, ...header })) {
    const [offset, size] = HEADER[name as keyof typeof HEADER];
    if (size === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
  }
  sections.forEach((section, i) => {
    const entry = dir + 20 * i;
    bytes.set(section.bytes, offsets[i]!);
    bytes.set(
      Array.from(section.tag, (ch) => ch.charCodeAt(0)),
      entry,
    );
    view.setUint32(entry + 4, section.offset ?? offsets[i]!, true);
    view.setUint32(entry + 8, section.length ?? section.bytes.length, true);
    view.setUint32(entry + 12, section.flags ?? 0, true);
    view.setUint32(entry + 16, section.reserved ?? 0, true);
  });
  if (trailing) bytes.set(trailing, fileLen);
  return { bytes, dir, entry: (i) => dir + 20 * i, payload: (i) => offsets[i]! };
}

/** Little-endian words. */
export const u32s = (...values: number[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value, true);
  });
  return bytes;
};

export const ascii = (text: string): Uint8Array =>
  Uint8Array.from(text, (ch) => {
    if (ch.charCodeAt(0) > 255) throw new RangeError("bytes only");
    return ch.charCodeAt(0);
  });

export const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

const pad4 = (bytes: Uint8Array): Uint8Array => join(bytes, new Uint8Array(-bytes.length & 3));

export const dataPayload = (...segments: [dst: number, text: string][]): Uint8Array =>
  join(
    u32s(segments.length),
    ...segments.map(([dst, text]) => join(u32s(dst, text.length), pad4(ascii(text)))),
  );

/** Names as raw bytes, one character each. */
export const exptPayload = (...exports: [name: string, pcWords: number][]): Uint8Array =>
  join(u32s(exports.length), ...exports.map(([name, pc]) => join(u32s(name.length, pc), pad4(ascii(name)))));

/** One instruction word. */
export const word = (opcode: number, rd = 0, rs1 = 0, rs2 = 0, imm = 0): number =>
  opcode * 0x1000000 + rd * 0x100000 + rs1 * 0x10000 + rs2 * 0x1000 + (imm & 0xfff);

export const RET = word(0x01);

export const section = (tag: string, bytes: Uint8Array): RawSection => ({ tag, bytes });

/** A module of these words and nothing else. */
export const codeOnly = (...words: number[]): RawModule => ({
  sections: [section("CODE", u32s(...words))],
  header: {},
});

/** Indices of the sections of `fullModule()`. */
export const FULL = { CODE: 0, DATA: 1, IMPT: 2, EXPT: 3, MEM: 4, NAME: 5 } as const;

/**
 * A valid module with every section: reads stdin into 64.., writes it back, then writes the data at 16.
 * Word 0 is `helper`, word 1 `main` and the entry; word 2 holds an LD of two words.
 */
export const fullModule = (): RawModule => ({
  sections: [
    section(
      "CODE",
      u32s(
        RET,
        word(0x00, 0, 0, 0, -1), // CALL helper
        word(0x70, 0, 0, 0, -2048), // LD HL, 64 (32-bit form)
        64,
        word(0x70, 1, 0, 0, 100), // LD DE, 100
        word(0xf0), // IN
        word(0x07, 1, 0), // MOV DE, HL
        word(0x70, 0, 0, 0, 64), // LD HL, 64
        word(0xf1), // OUT
        word(0x70, 0, 0, 0, 16), // LD HL, 16
        word(0x70, 1, 0, 0, 5), // LD DE, 5
        word(0xf1), // OUT
        RET,
      ),
    ),
    section("DATA", dataPayload([16, "hello"], [24, "abcd"])),
    section("IMPT", u32s(0b000011, 0)),
    section("EXPT", exptPayload(["main", 1], ["helper", 0])),
    section("MEM ", u32s(65_536, 0)),
    section("NAME", ascii("debug names")),
  ],
  header: { entryPcWords: 1, abiId: 0x4942415a, abiVersion: 0x00020005 },
});
