// The documents of codecs.ts: what the corpus is written as in every format, each of them cut short and with a bit
// flipped, and the documents nobody's encoder wrote.

import { createCodec } from "../../src/codec/index.ts";
import { parseShape } from "../../src/serde/shape/index.ts";
import { printShape } from "../../src/serde/shape/json-print.ts";
import type { Node } from "../../src/serde/shape/node.ts";
import { CORPUS } from "../serde/corpus.ts";
import { DOCUMENTS, documentBytes } from "../serde/documents.ts";
import { hex } from "../serde/kit/show.ts";
import { FORMATS } from "../serde/kit/subject.ts";
import type { CodecJob, CodecOf } from "./codecs.ts";

/** Documents of one job: a page's work is sent whole. */
const MOST = 6;

function broken(document: Uint8Array): Uint8Array[] {
  const middle = document.length >> 1;
  const flipped = Uint8Array.from(document, (byte, i) => (i === middle ? byte ^ 4 : byte));
  return [document, document.subarray(0, -1), flipped];
}

/** The source's, as a page has the package's. */
export const codecOf: CodecOf = (form, format) => {
  const shape = parseShape(form);
  if ("code" in shape) throw new Error(`${shape.code} at ${shape.path}`);
  return createCodec(shape, format);
};

const formOf = (node: Node): unknown => JSON.parse(JSON.stringify(printShape(node)));

const written = CORPUS.flatMap(({ name, node, values, not = [] }) =>
  FORMATS.filter((format) => !not.includes(format)).map((format): CodecJob => {
    const form = formOf(node);
    const codec = codecOf(form, format);
    const documents = values.slice(0, MOST).flatMap((value) => broken(codec.encode(value)));
    return { name: `${name} in ${format}`, form, format, documents: documents.map(hex) };
  }),
);

const foreign = DOCUMENTS.map(({ name, format, node, good, bad }): CodecJob => {
  const documents = [...good, ...bad].map((document) => hex(documentBytes(format, document)));
  return { name, form: formOf(node), format, documents };
});

export const codecJobs: readonly CodecJob[] = [...written, ...foreign];
