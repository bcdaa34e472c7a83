// What is run on both sides, in the page and in Node, and what is compared: modules with policy and inputs in, all that
// is observable of each run out. Everything is JSON. Runs anywhere; the engine comes from the caller, because the page
// has the package's and the test has the source's.

import type {
  CompileReport,
  EngineOptions,
  Errored,
  Outcome,
  PolicyInput,
  Rejected,
  RunInputs,
  TelemetrySink,
  TierChoice,
} from "../../src/index.ts";

export interface Job {
  readonly name: string;
  /** Base64, as is stdin. */
  readonly module: string;
  readonly policy: PolicyInput;
  readonly inputs: Pick<RunInputs, "args" | "env" | "entry"> & { readonly stdin: string };
}

export interface Work {
  readonly engine: Omit<EngineOptions, "telemetry">;
  readonly tier: TierChoice;
  /** Compile each module before its run: at once, or off the thread. */
  readonly compile?: "compile" | "compileSync";
  readonly jobs: readonly Job[];
}

export interface Done {
  /** One line per job. */
  readonly records: readonly string[];
  /** Runs by the tier they ended in. */
  readonly tiers: Readonly<Record<string, number>>;
  /** What telemetry counted of code that was not made, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Refusals in reports of `compile`, by reason. */
  readonly compileRefusals: Readonly<Record<string, number>>;
}

/** The part of the API that is used, as structure: two copies of a class are two types. */
interface AnyEngine {
  load(
    bytes: Uint8Array,
    policy?: PolicyInput,
  ): { readonly status: "ok"; readonly module: AnyModule } | Rejected | Errored;
}
interface AnyModule {
  compile(options: { tier: TierChoice }): Promise<CompileReport>;
  compileSync(options: { tier: TierChoice }): CompileReport;
  instantiate(inputs: RunInputs): AnyInstance;
}
interface AnyInstance {
  run(): Outcome;
  registers(): Readonly<Record<string, bigint | number>>;
  memorySha256(): string;
}

export async function runJobs(create: (options: EngineOptions) => AnyEngine, work: Work): Promise<Done> {
  const refusals: Record<string, number> = {};
  const compileRefusals: Record<string, number> = {};
  const tiers: Record<string, number> = {};
  const telemetry: TelemetrySink = (event) => {
    if (event.event === "refuse") refusals[event.reason] = (refusals[event.reason] ?? 0) + event.count;
  };
  const engine = create({ ...work.engine, telemetry });
  const records: string[] = [];
  for (const { name, module, policy, inputs } of work.jobs) {
    const loaded = engine.load(bytesOf(module), policy);
    if (loaded.status !== "ok") {
      records.push(record(name, loaded));
      continue;
    }
    const { tier } = work;
    let report: CompileReport | undefined;
    if (work.compile === "compile") report = await loaded.module.compile({ tier });
    if (work.compile === "compileSync") report = loaded.module.compileSync({ tier });
    for (const { reason } of report?.refusals ?? []) {
      compileRefusals[reason] = (compileRefusals[reason] ?? 0) + 1;
    }
    const instance = loaded.module.instantiate({ ...inputs, stdin: bytesOf(inputs.stdin), tier });
    const outcome = instance.run();
    tiers[outcome.tier ?? "none"] = (tiers[outcome.tier ?? "none"] ?? 0) + 1;
    records.push(record(name, outcome, instance, report));
  }
  return { records, tiers, refusals, compileRefusals };
}

/** All that is observable, and not timing. Registers where they mean something (D32). */
function record(name: string, outcome: Outcome, instance?: AnyInstance, report?: CompileReport): string {
  const { stdout, stderr, ...plain } = outcome;
  const isEnd = outcome.status === "ok" || (outcome.status === "trap" && outcome.code === "trap.fuel");
  const hasMemory = outcome.status === "ok" || outcome.status === "trap";
  const { ms: _, ...compiled } = report ?? {};
  const fields = {
    ...plain,
    stdout: base64Of(stdout),
    stderr: base64Of(stderr),
    ...(instance && isEnd ? { registers: instance.registers() } : {}),
    ...(instance && hasMemory ? { memorySha256: instance.memorySha256() } : {}),
    ...(report ? { compiled } : {}),
  };
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${name} ${JSON.stringify(sorted, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value))}`;
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** In parts: arguments go on the stack. */
export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return btoa(text);
}
