// Engine options: how fast, never what (D1). Checked once, complete, frozen.

import { MisuseError } from "../../core/errors.ts";
import type { TelemetrySink } from "../../core/telemetry.ts";
import { TIERS, type TierChoice } from "./outcome.ts";

export interface EngineOptions {
  /** Tier of runs that do not choose one. Default `auto`. */
  readonly tier?: TierChoice;
  /** `off` never touches WebAssembly; `wasm` and `auto` (default) use it when something is hot. */
  readonly codegen?: "auto" | "wasm" | "off";
  /** Instructions, about, that a loop or function runs before it is compiled. Default 100,000; 0 = at once; Infinity = never. */
  readonly hotThreshold?: number;
  /** Units that compiled code runs before it comes up for air. Default 4,194,304; at least 1,000. */
  readonly slice?: number;
  /** Bytes of generated code, and of the modules it was made from, kept for reuse. Default 64 MiB. */
  readonly codeCacheBytes?: number;
  /** Gets events about loading, running and compiling; sees no guest data and changes no outcome. Default: none. */
  readonly telemetry?: TelemetrySink;
}

export type ResolvedOptions = Required<Omit<EngineOptions, "telemetry">> & {
  readonly telemetry: TelemetrySink | undefined;
};

const DEFAULTS: ResolvedOptions = {
  tier: "auto",
  codegen: "auto",
  hotThreshold: 100_000,
  slice: 2 ** 22,
  codeCacheBytes: 64 * 1024 * 1024,
  telemetry: undefined,
};

/** Throws `MisuseError` for an unknown option or a value it cannot have. */
export function resolveOptions(options: EngineOptions): ResolvedOptions {
  const resolved: Record<string, unknown> = { ...DEFAULTS };
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, key)) throw new MisuseError(`engine options have no field ${key}`);
    const value: unknown = Reflect.get(options, key);
    if (value !== undefined) resolved[key] = value;
  }
  const { tier, codegen, hotThreshold, slice, codeCacheBytes, telemetry } = resolved as ResolvedOptions;
  const check = (ok: boolean, message: string) => {
    if (!ok) throw new MisuseError(message);
  };
  check(isTierChoice(tier), `tier must be auto, ${TIERS.join(", ")}`);
  check(["auto", "wasm", "off"].includes(codegen), "codegen must be auto, wasm or off");
  check(
    hotThreshold === Infinity || isCount(hotThreshold, 0),
    "hotThreshold must be an integer from 0, or Infinity",
  );
  check(isCount(slice, 1000) && slice <= 2 ** 30, "slice must be an integer from 1000 to 2^30");
  check(isCount(codeCacheBytes, 0), "codeCacheBytes must be an integer from 0");
  check(telemetry === undefined || typeof telemetry === "function", "telemetry must be a function");
  return Object.freeze({ tier, codegen, hotThreshold, slice, codeCacheBytes, telemetry });
}

const isCount = (value: unknown, min: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= min;

export const isTierChoice = (value: unknown): value is TierChoice =>
  value === "auto" || (TIERS as readonly unknown[]).includes(value);
