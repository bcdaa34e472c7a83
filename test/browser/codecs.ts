// What codecs do on both sides, in the page and in Node: documents of the corpus and broken ones in, everything that is
// observable out. Runs anywhere; `codecOf` comes from the caller, as the page has the package's.

import type { Codec, FormatName } from "../../src/codec/index.ts";
import { hex, showResult } from "../serde/kit/show.ts";

export interface CodecJob {
  readonly name: string;
  readonly form: unknown;
  readonly format: FormatName;
  /** Hex. */
  readonly documents: readonly string[];
}

/** A codec for a shape in JSON form; throws for what is none. */
export type CodecOf = (
  form: unknown,
  format: FormatName,
) => Pick<Codec<unknown>, "program" | "tryDecode" | "decoder" | "encode">;

/** One line per document: what it decodes to, in one piece and byte by byte, and what that is written as. */
export function runCodecs(codecOf: CodecOf, jobs: readonly CodecJob[]): string[] {
  return jobs.flatMap(({ name, form, format, documents }) => {
    const codec = codecOf(form, format);
    const digests = `${codec.program("decode").digest} ${codec.program("encode").digest}`;
    const lines = documents.map((document) => {
      const bytes = Uint8Array.from(document.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
      const whole = codec.tryDecode(bytes);
      const decoder = codec.decoder();
      for (const byte of bytes) decoder.write(Uint8Array.of(byte));
      const again = whole.status === "ok" ? hex(codec.encode(whole.value)) : "";
      return `${name} ${document}: ${showResult(whole)} | ${showResult(decoder.end())} | ${again}`;
    });
    return [`${name}: ${digests}`, ...lines];
  });
}
