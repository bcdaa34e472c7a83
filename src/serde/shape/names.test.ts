// Names: the styles of renameAll, and which names objects cannot hold in order.

import { describe, expect, test } from "vitest";
import { isWellFormed, needsPairs, RENAME_STYLES, renamed } from "./names.ts";

describe("renameAll", () => {
  test.each([
    ["orderId", ["orderId", "OrderId", "order_id", "ORDER_ID", "order-id", "ORDER-ID"]],
    ["order_id", ["orderId", "OrderId", "order_id", "ORDER_ID", "order-id", "ORDER-ID"]],
    ["Order-ID", ["orderId", "OrderId", "order_id", "ORDER_ID", "order-id", "ORDER-ID"]],
    ["HTTPServer", ["httpServer", "HttpServer", "http_server", "HTTP_SERVER", "http-server", "HTTP-SERVER"]],
    ["utf8Text", ["utf8Text", "Utf8Text", "utf8_text", "UTF8_TEXT", "utf8-text", "UTF8-TEXT"]],
    ["x", ["x", "X", "x", "X", "x", "X"]],
    ["_private_", ["private", "Private", "private", "PRIVATE", "private", "PRIVATE"]],
    ["straße", ["straße", "Straße", "straße", "STRAßE", "straße", "STRAßE"]],
    ["İx", ["İx", "İx", "İx", "İX", "İx", "İX"]],
    ["__", ["__", "__", "__", "__", "__", "__"]],
    ["", ["", "", "", "", "", ""]],
  ])("%s", (name, expected) => {
    expect(RENAME_STYLES.map((style) => renamed(name, style))).toEqual(expected);
    for (const style of RENAME_STYLES)
      expect(renamed(renamed(name, style), style)).toBe(renamed(name, style));
  });

  test("in linear time", () => {
    for (const name of ["A".repeat(100_000), "aA".repeat(50_000), "_-".repeat(50_000)]) {
      const start = performance.now();
      renamed(name, "snake");
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  });
});

test("unordered names are those that objects put first, and __proto__", () => {
  const edges = [0, 1, 9, 10, 4_294_967_293, 4_294_967_294, 4_294_967_295, 4_294_967_296, 9_999_999_999];
  const powers = Array.from({ length: 33 }, (_, i) => [2 ** i - 1, 2 ** i, 10 ** (i % 11)]).flat();
  const odd = ["", "00", "01", "-0", "-1", "+1", "1.0", "1e3", " 1", "1 ", "١", "0x1", "a"];
  for (const name of [...edges, ...powers].map(String).concat(odd)) {
    const isFirst = Object.keys({ a: 1, [name]: 1 })[0] === name && name !== "a";
    expect(needsPairs(name), name).toBe(isFirst);
  }
  expect(needsPairs("__proto__")).toBe(true);
});

test("half a surrogate pair is not well-formed", () => {
  for (const text of ["\ud800", "\udc00", "a\udc00\ud800b", "😀\ud83d"])
    expect(isWellFormed(text)).toBe(false);
  for (const text of ["", "a", "😀", "\ufffd"]) expect(isWellFormed(text)).toBe(true);
});
