// The embedder's buffers and objects are taken once: nothing that happens to them after `load` or `instantiate`
// changes a run, and odd kinds of them give a structured answer or a `MisuseError`.

import { describe, expect, test } from "vitest";
import { Engine, MisuseError, type Module, type PolicyInput } from "../../src/index.ts";
import { corpusBytes } from "./corpus.ts";

const engine = Engine.create();
const STDIN = new TextEncoder().encode("input");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function load(bytes: Uint8Array, policy?: PolicyInput): Module {
  const loaded = engine.load(bytes, policy);
  if (loaded.status !== "ok") throw new Error(`${loaded.code}: ${loaded.reason}`);
  return loaded.module;
}
const output = (module: Module, stdin = STDIN) => text(module.instantiate({ stdin }).run().stdout);

/** A copy of `bytes` in a buffer of another kind. */
function sharedCopy(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
function detach<T extends Uint8Array>(bytes: T): T {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  return bytes;
}

// z[verify vm.determinism.same-in-same-out] z[verify vm.input.module]
describe("module bytes", () => {
  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ["an ordinary buffer", (bytes) => bytes],
    ["shared memory", sharedCopy],
    ["a node Buffer", (bytes) => Buffer.from(bytes)],
  ])("of %s may change after load", (_, made) => {
    const bytes = made(corpusBytes("everything"));
    const module = load(bytes);
    const digest = module.sha256;
    for (const rubbish of [0, 0xff, 1]) {
      bytes.fill(rubbish);
      expect(output(module)).toBe("inputhello");
    }
    expect(module.sha256).toBe(digest);
    expect(module.exports).toEqual(["main", "helper"]);
  });

  test("may be detached after load, and detached bytes are too small", () => {
    const bytes = corpusBytes("everything");
    const module = load(bytes);
    detach(bytes);
    expect(output(module)).toBe("inputhello");
    expect(engine.run(bytes)).toMatchObject({ status: "reject", code: "container.too_small", offset: 0 });
  });

  test.each([
    null,
    undefined,
    "ZASB",
    [1, 2],
    new ArrayBuffer(64),
    new Uint16Array(40),
    new DataView(new ArrayBuffer(40)),
  ])("of the wrong type are misuse: %s", (bytes) => {
    expect(() => engine.load(bytes as unknown as Uint8Array)).toThrow(MisuseError);
  });
});

// z[verify vm.input.stdin]
describe("stdin", () => {
  test("may change, or be detached, after instantiate", () => {
    const module = load(corpusBytes("everything"));
    for (const spoil of [(b: Uint8Array) => b.fill(0x21), detach]) {
      const stdin = Uint8Array.from(STDIN);
      const instance = module.instantiate({ stdin });
      spoil(stdin);
      expect(text(instance.run().stdout)).toBe("inputhello");
    }
    const shared = sharedCopy(STDIN);
    const instance = module.instantiate({ stdin: shared });
    shared.fill(0x21);
    expect(text(instance.run().stdout)).toBe("inputhello");
  });

  test("detached before: empty", () => {
    expect(output(load(corpusBytes("everything")), detach(Uint8Array.from(STDIN)))).toBe("hello");
  });
});

// z[verify vm.policy.only-source]
describe("policy", () => {
  test("may change after load", () => {
    const policy = { fuel: 3 };
    const module = load(corpusBytes("everything"), policy);
    policy.fuel = 1_000_000;
    expect(module.instantiate().run()).toMatchObject({ code: "trap.fuel", fuelUsed: 3 });
    expect(Reflect.set(module.policy, "fuel", 1_000_000)).toBe(false);
    expect(module.instantiate().run()).toMatchObject({ code: "trap.fuel", fuelUsed: 3 });
  });

  test("comes first of all checks (D4)", () => {
    expect(engine.run(new Uint8Array(0), { policy: { fuel: -1 } })).toMatchObject({
      status: "reject",
      code: "policy.bad_value",
    });
    expect(engine.run(new Uint8Array(0), { policy: { target: "arm64" } })).toMatchObject({
      code: "policy.unsupported_target",
      category: "unsupported",
    });
  });
});

// z[verify vm.goal.strict-checks]
test("a module cannot be made up", () => {
  const module = load(corpusBytes("everything"));
  const forged = Object.create(Object.getPrototypeOf(module)) as Module;
  expect(() => forged.instantiate()).toThrow(TypeError);
  expect(() => forged.policy).toThrow(TypeError);
  expect(Object.keys(module)).toEqual([]);
});
