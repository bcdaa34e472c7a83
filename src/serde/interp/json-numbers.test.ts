// Decimal texts to doubles: the platform's own conversion is the oracle.

import { expect, test } from "vitest";
import { SEED } from "../../../test/seed.ts";
import { f64, list, scalar, u32 } from "../../../test/serde/nodes.ts";
import { createCodec } from "../runtime/codec.ts";

const doubles = createCodec(list(f64), "json");
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Decoded together; whichever differs is shown. */
function differing(literals: readonly string[]): readonly string[] {
  const found = doubles.decode(utf8(`[${literals.join()}]`)) as number[];
  return literals.filter((literal, i) => !Object.is(found[i], Number(literal)));
}

/** xorshift. */
function* randomWords(count: number): Generator<number> {
  let word = SEED;
  for (let i = 0; i < count; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    yield word >>> 0;
  }
}

/** `digits` with a point before the last `scale` of them. */
function placed(digits: string, scale: number): string {
  const padded = digits.padStart(scale + 1, "0");
  return scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

test("the shortest text of doubles of every size", () => {
  const literals = [...randomWords(20_000)].flatMap((word, i) => {
    const value = (word + 0.5) * 2.3 ** ((i % 60) - 40) * (i % 2 === 0 ? 1 : -1);
    return [String(value), value.toPrecision(17), value.toFixed(12)];
  });
  expect(differing(literals)).toEqual([]);
});

test("any digits, with the point anywhere", () => {
  const literals: string[] = [];
  let before = 1;
  for (const word of randomWords(40_000)) {
    const digits = String(before * 2 ** 32 + word).slice(0, 9) + String(word + 1e9).slice(0, 1 + (word % 10));
    literals.push(placed(digits.replace(/^0+(?=.)/, ""), before % (digits.length + 2)));
    before = word;
  }
  expect(differing(literals)).toEqual([]);
});

test("the middle between two doubles, and a digit off it", () => {
  const literals: string[] = [];
  for (const word of randomWords(5_000)) {
    const odd = 2n ** 53n + 2n * BigInt(word) * 1_048_573n + 1n;
    for (const scale of [0, 1, 2]) {
      const middle = odd * 5n ** BigInt(scale);
      for (const near of [middle - 1n, middle, middle + 1n]) {
        literals.push(placed(String(near), scale), `-${placed(String(near * 10n), scale + 1)}`);
      }
    }
  }
  expect(differing(literals)).toEqual([]);
});

test("a limit below what is exact anyway is a limit", () => {
  for (const node of [u32, f64, scalar("i64"), scalar("raw")]) {
    const codec = createCodec(node, "json", { limits: { maxNumberDigits: 4 } });
    expect(codec.tryDecode(utf8("1234")).status).toBe("ok");
    expect(codec.tryDecode(utf8("12345"))).toMatchObject({ code: "resource.digit_limit", offset: 0 });
  }
});
