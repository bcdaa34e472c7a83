// Trace records as lines of text: one line each, `key=value` where something can differ. Lines that start with `#`
// say what was traced and how, and are no records. The text is stable; `trace diff` compares it line by line.

import { isFailure } from "../../core/errors.ts";
import { POLICY_FIELDS, type Policy, resolvePolicy } from "../../core/policy.ts";
import { type End, hex, type Output, type Start, type Step, type TraceRecord } from "./records.ts";
import { pcText } from "./subject.ts";

/** First line of every trace. */
export const TRACE_MAGIC = "# sinter trace";

const COLUMN = 30;

/** Each without a line end. */
export function* traceLines(records: Iterable<TraceRecord>): Generator<string> {
  for (const record of records) yield* lines(record);
}

function lines(record: TraceRecord): string[] {
  switch (record.kind) {
    case "start":
      return header(record);
    case "step":
      return [stepLine(record)];
    case "checkpoint": {
      const { units, paid, pc, registers, memory, stdout, stderr } = record;
      const facts = [
        `paid=${paid}`,
        `pc=${pcText(pc)}`,
        ...pairs(registers),
        `memory=${memory.slice(0, 16)}`,
      ];
      return [`@ ${units}  ${[...facts, ...output(stdout, stderr)].join(" ")}`];
    }
    case "end":
      return [...(record.tier === undefined ? [] : [`# ran in ${record.tier}`]), endLine(record)];
  }
}

function header(start: Start): string[] {
  const { version, module, entry, policy, stdin, args, tier, every, skip } = start;
  return [
    `${TRACE_MAGIC} ${version}`,
    `# module ${module}`,
    `# entry ${pcText(entry)}`,
    `# policy ${policyText(policy)}`,
    `# stdin ${stdin.bytes} bytes ${stdin.sha256}`,
    `# args ${JSON.stringify(args)}`,
    `# records ${every === undefined ? "instructions" : `every ${every} units`}, after ${skip}`,
    `# tier ${tier}`,
  ];
}

/** The fields that are not as they are by default. */
function policyText(policy: Policy): string {
  const defaults = resolvePolicy(undefined);
  const given = POLICY_FIELDS.filter((name) => isFailure(defaults) || policy[name] !== defaults[name]);
  const spelled = given.map((name) => {
    const value = policy[name];
    return `${name}=${typeof value === "bigint" ? hex(value) : value}`;
  });
  return spelled.join(" ") || "default";
}

function stepLine({ step, pc, text, registers, written, moved, stopped }: Step): string {
  const facts = [
    ...pairs(registers),
    ...(written === undefined ? [] : [`[${written.at}+${written.bytes}]=${written.value}`]),
    ...(moved === undefined ? [] : [`moved=${moved}`]),
    ...(stopped === undefined ? [] : [`stopped=${stopped}`]),
  ];
  return `${String(step).padStart(8)}  ${pcText(pc)}  ${text.padEnd(COLUMN)}${facts.join(" ")}`.trimEnd();
}

function endLine({ status, code, pc, steps, units, registers, memory, stdout, stderr }: End): string {
  const facts = [
    ...(code === undefined ? [] : [`code=${code}`]),
    ...(pc === undefined ? [] : [`pc=${pcText(pc)}`]),
    ...(steps === undefined ? [] : [`steps=${steps}`]),
    ...(units === undefined ? [] : [`units=${units}`]),
    ...pairs(registers ?? {}),
    ...(memory === undefined ? [] : [`memory=${memory.slice(0, 16)}`]),
    ...output(stdout, stderr),
  ];
  return `end status=${status}  ${facts.join(" ")}`;
}

const pairs = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `${name}=${value}`);

function output(stdout: Output, stderr: Output): string[] {
  const text = ({ bytes, added }: Output) => (added === undefined ? `${bytes}` : `${bytes}:${added}`);
  return [`stdout=${text(stdout)}`, `stderr=${text(stderr)}`];
}
