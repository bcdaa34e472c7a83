// Two walks take values from JavaScript: one checks them (Standard Schema, defaults), one turns them into cells. Spoiled
// values of random shapes must get the same code at the same path from both.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capture } from "../../src/serde/bridge/capture.ts";
import { planBridge } from "../../src/serde/bridge/plan.ts";
import { fieldSegment, indexSegment, keySegment, variantSegment } from "../../src/serde/ir/path.ts";
import { Layout } from "../../src/serde/layout/layout.ts";
import { Extension, Simple, Tagged } from "../../src/serde/shape/any.ts";
import { captureValue } from "../../src/serde/shape/capture.ts";
import { type Node, type Shape, s } from "../../src/serde/shape/index.ts";
import { keyText } from "../../src/serde/shape/values.ts";
import { StateBlock } from "../../src/serde/state/block.ts";
import { arbitraryShapeAndValue } from "./kit/arbitrary.ts";
import { dice } from "./kit/random.ts";
import { LIMITS } from "./kit/subject.ts";

/** `code path` of the encoding side; undefined for what it takes. */
function encoding(node: Node, value: unknown): string | undefined {
  const plan = planBridge(new Layout(node));
  const block = new StateBlock(LIMITS, { document: 0, output: 0, cells: 64 });
  block.begin({ rootCells: plan.rootCells, rootZero: true, mode: 0 });
  const failure = capture(plan, block, value);
  return failure && `${failure.code} ${failure.path}`;
}

/** The issues of the checking side, but for those that encoding means not to have. */
function checking(node: Node, value: unknown): string[] {
  const captured = captureValue(node, value);
  if (captured.ok) return [];
  return captured.issues.flatMap(({ code, path }) => {
    const place = follow(node, value, path);
    const isNone = code !== "boundary.threw" && isOtherNone(place);
    const isLenient = place.isSkipped || code === "structure.unknown_field" || isNone;
    return isLenient ? [] : [`${code} $${place.text}`];
  });
}

interface Place {
  readonly node: Node;
  readonly value: unknown;
  readonly text: string;
  readonly isSkipped: boolean;
}

/** No value, said as the other options say it. */
function isOtherNone({ node, value }: Place): boolean {
  if (node.kind === "unit") return value === undefined;
  return node.kind === "option" && value === (node.none === "null" ? undefined : null);
}

const bare = (node: Node): Node =>
  node.kind === "newtype" ? bare(node.inner) : node.kind === "ref" ? bare(node.target) : node;

function own(object: unknown, name: string | number): unknown {
  try {
    return (object as Record<string | number, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Where `path` leads, and how the encoding side writes it. */
function follow(root: Node, start: unknown, path: readonly (string | number)[]): Place {
  let node = bare(root);
  let value = start;
  let text = "";
  let isSkipped = false;
  for (const step of path) {
    while (node.kind === "option") node = bare(node.inner);
    let next: Node = node;
    if (node.kind === "enum") {
      const { js } = node;
      const name = own(value, js.tag);
      const payload = node.variants.find((variant) => variant.name === name)?.payload;
      if (step === js.tag) text += fieldSegment(step);
      else {
        text += variantSegment(String(name));
        next = bare(payload!);
        if (js.inline) node = next;
      }
      if (node.kind === "enum") value = own(value, step);
    }
    if (node.kind === "struct") {
      const field = node.fields.find(({ name }) => name === step);
      text += fieldSegment(String(step));
      next = field?.node ?? node;
      isSkipped ||= field?.skipEncode === true;
      value = own(value, step);
    } else if (node.kind === "tuple") {
      text += indexSegment(Number(step));
      next = node.items[Number(step)]!;
      value = own(value, step);
    } else if (node.kind === "list" || node.kind === "array" || node.kind === "set") {
      text += indexSegment(Number(step));
      next = node.item;
      value = value instanceof Set ? [...value][Number(step)] : own(value, step);
    } else if (node.kind === "map" || node.kind === "any") {
      const held = node.kind === "any" && value instanceof Tagged ? value.value : value;
      const isList = node.kind === "any" && Array.isArray(held);
      text += isList ? indexSegment(Number(step)) : keySegment(String(step));
      next = node.kind === "map" ? node.value : node;
      value =
        held instanceof Map ? [...held].find(([key]) => keyText(key) === String(step))?.[1] : own(held, step);
    }
    node = bare(next);
  }
  return { node, value, text, isSkipped };
}

const revoked = (target: object): unknown => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const throwing = {
  get(): never {
    throw new Error("mine");
  },
  enumerable: true,
  configurable: true,
};
const WEIRD: readonly (() => unknown)[] = [
  ...[null, undefined, true, "", "ab", "\ud800", "a\udc00", 0, -0, -1, 1.5, 300, 2 ** 53, 1e300].map(
    (v) => () => v,
  ),
  ...[Number.NaN, Number.POSITIVE_INFINITY, 1n, -1n, 1n << 64n, -(1n << 63n)].map((v) => () => v),
  ...[() => Symbol("x"), () => () => 1, () => [], () => ({}), () => new Array(2), () => Object.create(null)],
  ...[
    () => new Map(),
    () => new Map([[{}, 1]]),
    () => new Set(),
    () => new Set([Symbol("x")]),
    () => new Date(0),
  ],
  ...[
    () => new Uint8Array(2),
    () => new Float64Array(1),
    () => new Uint8ClampedArray(1),
    () => new DataView(new ArrayBuffer(1)),
  ],
  ...[
    () => new Tagged(1, [Symbol("x")]),
    () => new Tagged(-1, 1),
    () => new Simple(24),
    () => new Simple("x" as never),
  ],
  ...[
    () => new Extension(200, new Uint8Array()),
    () => new Extension(1, [] as never),
    () => new Boolean(true),
  ],
  ...[() => revoked({}), () => revoked([]), () => new Proxy({}, throwing), () => new Proxy([], throwing)],
  () => new Proxy([], { get: (_, key) => (key === "length" ? -1 : 0) }),
  () => Object.setPrototypeOf(new Uint16Array(2), Uint8Array.prototype),
  () => ({ toJSON: () => 1, valueOf: () => 1 }),
  () => ({ kind: "\0" }),
  () => ({ kind: null, value: 1 }),
  () => Object.defineProperty({}, "kind", throwing),
];

/** Of the right type, and yet often wrong. */
const NEAR: { readonly [type: string]: readonly unknown[] } = {
  number: [-1, 256, 2 ** 32, -(2 ** 31) - 1, 1.5, 2 ** 53, 1e300],
  bigint: [-1n, 1n << 64n, 1n << 63n, -(1n << 63n) - 1n],
  string: ["", "ab", "no such name", "\ud800", "\udc00\ud800", `${"x".repeat(50)}\ud800`],
};

/** `value` with one place of it replaced, taken out, or made to throw. The rest is shared with it. */
function spoiled(value: unknown, roll: (sides: number) => number): unknown {
  const isBranch = typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
  const near = NEAR[typeof value];
  if (near !== undefined && roll(3) > 0) return near[roll(near.length)];
  if (!isBranch || roll(12) === 0) return WEIRD[roll(WEIRD.length)]!();
  if (value instanceof Map) {
    const entries = [...value];
    const i = roll(entries.length + 1);
    const [key, part] = entries[i] ?? [1, 1];
    entries[i] = roll(3) === 0 ? [spoiled(key, roll), part] : [key, spoiled(part, roll)];
    return new Map(entries);
  }
  if (value instanceof Set) return new Set([...value, WEIRD[roll(WEIRD.length)]!()]);
  const copy: object = Array.isArray(value)
    ? [...value]
    : Object.defineProperties({}, Object.getOwnPropertyDescriptors(value));
  const keys = Object.keys(copy);
  if (keys.length === 0) return WEIRD[roll(WEIRD.length)]!();
  const key = keys[roll(keys.length)]!;
  const kind = roll(8);
  if (kind < 3 && Array.isArray(copy)) copy.push(null);
  else if (kind < 3) delete (copy as Record<string, unknown>)[key];
  else if (kind === 3) Object.defineProperty(copy, key, throwing);
  else {
    const part = spoiled((value as Record<string, unknown>)[key], roll);
    Object.defineProperty(copy, key, { value: part, enumerable: true, writable: true, configurable: true });
  }
  return copy;
}

test("spoiled values get the same code at the same path", () => {
  const codes = new Map<string, number>();
  const samples = fc.oneof(arbitraryShapeAndValue(), arbitraryShapeAndValue({ recursive: false }));
  fc.assert(
    fc.property(samples, fc.integer(), ({ shape, value }, seed) => {
      expect(encoding(shape.node, value)).toBe(undefined);
      const roll = dice(seed);
      for (let i = 0; i < 8; i++) {
        const wrong = spoiled(value, roll);
        const [first] = checking(shape.node, wrong);
        expect(encoding(shape.node, wrong)).toBe(first);
        const code = String(first?.split(" ")[0]);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    }),
    { numRuns: 800 },
  );
  for (const code of [
    "value.type_mismatch",
    "value.number_range",
    "value.length_mismatch",
    "structure.missing_field",
    "structure.unknown_variant",
    "lexical.invalid_unicode",
    "boundary.threw",
  ]) {
    expect(codes.get(code), code).toBeGreaterThan(2);
  }
});

describe("encoding takes more", () => {
  const unknown = s.struct({ a: s.u8() }, { denyUnknown: true });
  const written = s.struct({ a: s.u8().default(1).skipEncode() });
  test.each<[Shape<unknown>, unknown]>([
    [s.struct({ a: s.option(s.u8()) }), {}],
    [s.struct({ a: s.option(s.u8()) }), { a: undefined }],
    [s.option(s.u8(), { none: "undefined" }), null],
    [s.unit(), undefined],
    [unknown, { a: 1, b: 2 }],
    [written, { a: "x" }],
    [written, {}],
  ])("%#", (shape, value) => {
    expect(captureValue(shape.node, value).ok).toBe(false);
    expect(encoding(shape.node, value)).toBe(undefined);
  });
});
