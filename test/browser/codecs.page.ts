// A page script: decodes and encodes with the package as a page gets it.

import { createCodec } from "sinter/codec";
import { parseShape } from "sinter/shape";
import { type CodecJob, type CodecOf, runCodecs } from "./codecs.ts";
import { serveVisit } from "./visit.ts";

const codecOf: CodecOf = (form, format) => {
  const shape = parseShape(form);
  if ("code" in shape) throw new Error(`${shape.code} at ${shape.path}`);
  return createCodec(shape, format);
};

void serveVisit(async (jobs: readonly CodecJob[]) => runCodecs(codecOf, jobs));
