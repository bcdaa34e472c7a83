// What explain and trace are about: a verified module, and names for its functions.

import { type Failure, failure, isFailure, MisuseError } from "../../core/errors.ts";
import { type PolicyInput, resolvePolicy } from "../../core/policy.ts";
import { statement } from "../asm/disassemble.ts";
import { decodeInsn } from "../isa/fields.ts";
import { isBytes } from "../runtime/inputs.ts";
import { type VerifiedModule, verifyModule } from "../verify/verify.ts";

/** The module under `policy`, or why it is refused. Throws `MisuseError` when `bytes` are none. */
export function openSubject(bytes: Uint8Array, policy: PolicyInput | undefined): VerifiedModule | Failure {
  if (!isBytes(bytes)) throw new MisuseError("module bytes must be a Uint8Array");
  const resolved = resolvePolicy(policy);
  return isFailure(resolved) ? resolved : verifyModule(bytes, resolved);
}

/** Word index of the entry, or of the export `entry` names. */
export function entryOf(module: VerifiedModule, entry: string | undefined): number | Failure {
  const found = entry === undefined ? module.entryPcWords : module.exports.get(entry);
  return found ?? failure("entry.unknown");
}

export type Labels = ReadonlyMap<number, readonly string[]>;

/** Names that assembly text can spell; every other place gets the assembler's own `L_0010`. */
const SPELLABLE = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

export function labelsOf(module: VerifiedModule): Labels {
  const labels = new Map<number, string[]>();
  for (const [name, word] of module.exports) {
    if (!SPELLABLE.test(name)) continue;
    const list = labels.get(word);
    if (list === undefined) labels.set(word, [name]);
    else list.push(name);
  }
  return labels;
}

/** The instruction at word `index` in assembly text. */
export const textAt = (module: VerifiedModule, labels: Labels, index: number): string =>
  statement(decodeInsn(module.code, index), labels);

/** A pc as all tools here write it. */
export const pcText = (pc: number): string => pc.toString(16).toUpperCase().padStart(4, "0");
