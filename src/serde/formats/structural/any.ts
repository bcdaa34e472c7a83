// `any` on encode: by what it is. The body of a procedure, which calls itself for what is inside.

import { encodeUtf8 } from "../../../core/bytes.ts";
import type { Assembler } from "../../ir/assembler.ts";
import { codeNumber } from "../../ir/codes.ts";
import { KIND } from "../../ir/kinds.ts";
import { EACH, type FormatName, KEY_POSITION } from "../../ir/ops.ts";
import { ANY, type ANY_VARIANT, ANY_VARIANTS } from "../../layout/any.ts";

const TYPE_MISMATCH = codeNumber("value.type_mismatch");

/** `self` writes the `any` at a slot. */
export function lowerAnyEncode(
  out: Assembler,
  format: Exclude<FormatName, "postcard">,
  slot: number,
  sorted: boolean,
  self: (slot: number) => void,
): void {
  const json = format === "json";
  const after = out.label();
  const blocks = ANY_VARIANTS.map(() => out.label());
  const targets = blocks.map((target, variant) => ({ target, variant }));
  out.emit("neutral", "pick", { a: slot, b: out.cases({ targets }) });
  const { path } = out;
  const put = (kind: number, at: number) => out.emit(format, "put", { x8: kind, a: at });
  const refuse = () => out.emit("neutral", "fail", { a: TYPE_MISMATCH });
  const nothing = () => {
    const bytes = encodeUtf8("null");
    if (json) out.emit("neutral", "lit", { a: out.blob(bytes), b: bytes.length });
    else put(KIND.unit, slot);
  };
  const each = (flags: number, cells: number, body: () => void) => {
    const done = out.label();
    out.emit(format, "each", { x8: flags, x16: cells, a: slot + 1, b: -1, c: done });
    out.path = "";
    body();
    out.emit(format, "more");
    out.path = path;
    out.bind(done);
  };
  const bodies: Record<keyof typeof ANY_VARIANT, () => void> = {
    null: nothing,
    undefined: () => (json ? nothing() : put(KIND.other, slot)),
    bool: () => put(KIND.bool, slot + 1),
    int: () => put(KIND.integer, slot),
    uint: () => put(KIND.integer, slot),
    big: () => put(KIND.integer, slot),
    f64: () => put(KIND.f64, slot + 1),
    string: () => put(KIND.str, slot + 1),
    bytes: () => (json ? refuse() : put(KIND.bytes, slot + 1)),
    list: () => each(0, ANY.cells, () => self(0)),
    map: () =>
      each(EACH.map | (sorted ? EACH.sorted : 0), ANY.entryCells, () => {
        if (json) textKey(out);
        else self(0);
        self(ANY.cells);
      }),
    tag() {
      if (format !== "cbor") {
        refuse();
        return;
      }
      out.emit("neutral", "enter", { x16: ANY.tagCells, a: slot + 1 });
      out.path = "";
      put(KIND.tag, 0);
      self(1);
      out.emit("neutral", "leave");
      out.path = path;
    },
    simple: () => (json ? refuse() : put(KIND.other, slot)),
    ext: () => (json ? refuse() : put(KIND.other, slot)),
  };
  for (const [i, variant] of ANY_VARIANTS.entries()) {
    out.bind(blocks[i]!);
    bodies[variant]();
    out.emit("neutral", "jump", { a: after });
  }
  out.bind(after);
}

/** A key of an object of JSON: text, or the value has none there. */
function textKey(out: Assembler): void {
  const key = out.label();
  const other = out.label();
  const targets = ANY_VARIANTS.map((name, variant) => ({ target: name === "string" ? key : other, variant }));
  out.emit("neutral", "pick", { a: 0, b: out.cases({ targets }) });
  out.bind(other);
  out.emit("neutral", "fail", { a: codeNumber("value.bad_key") });
  out.bind(key);
  out.emit("json", "put", { x8: KIND.str, x16: KEY_POSITION, a: 1 });
}
