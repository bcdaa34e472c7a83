// What zi_ctl can list and open: proc/argv, proc/env, sys/info. Each exists only when the embedder gives it or the
// policy allows it (D21); arguments and environment are what the embedder handed in, never the process's own.

import { encodeUtf8 } from "../../core/bytes.ts";
import { counted, joined, words } from "./frames.ts";
import { ByteStream, type Stream } from "./handles.ts";
import type { HostState } from "./host-state.ts";
import { ZI } from "./result.ts";
import { SysInfo } from "./sys-info.ts";

export interface Capability {
  /** ASCII, as guests spell it. */
  readonly kind: string;
  readonly name: string;
  open(): Stream;
}

export function capabilitiesOf(
  host: HostState,
  args: readonly string[] | undefined,
  env: Readonly<Record<string, string>> | undefined,
): readonly Capability[] {
  const found: Capability[] = [];
  if (args !== undefined) found.push(listed("argv", () => args));
  // z[impl vm.policy.allow-env] z[impl vm.policy.allow-time] z[impl vm.determinism.opt-in]
  if (host.policy.allowEnv) found.push(listed("env", () => entriesOf(env ?? {})));
  if (host.policy.allowTime) found.push({ kind: "sys", name: "info", open: () => new SysInfo(host) });
  return found;
}

/** A read-only stream of strings: u32 1, u32 n, then n times u32 length and UTF-8 bytes. Each opening starts over. */
function listed(name: string, strings: () => readonly string[]): Capability {
  let bytes: Uint8Array | undefined;
  return {
    kind: "proc",
    name,
    open() {
      bytes ??= encodeList(strings());
      return new ByteStream(bytes, ZI.denied);
    },
  };
}

const encodeList = (strings: readonly string[]): Uint8Array =>
  joined([words(1, strings.length), ...strings.map((string) => counted(encodeUtf8(string)))]);

/** `KEY=VALUE`, by key in code unit order: the record's own order is the embedder's accident. */
const entriesOf = (env: Readonly<Record<string, string>>): string[] =>
  Object.keys(env)
    .sort()
    .map((key) => `${key}=${env[key]}`);
