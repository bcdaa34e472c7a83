// What an embedder gives the host side of a run, and the host state that comes of it.

import type { Policy } from "../../core/policy.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { ByteStream, Handles, OutputStream } from "./handles.ts";
import { type Hooks, readHooks } from "./hooks.ts";
import { HostState } from "./host-state.ts";
import { Channel, type Sink } from "./output.ts";
import { ZI } from "./result.ts";
import { type LogForm, Telemetry } from "./telemetry.ts";

/** What the embedder gives the host side of a run. */
export interface HostInputs {
  /** Default: empty. */
  readonly stdin?: Uint8Array;
  /** The guest can read them as proc/argv, which exists only when they are given. */
  readonly args?: readonly string[];
  /** The guest can read it as proc/env, which exists only when the policy has allowEnv. */
  readonly env?: Readonly<Record<string, string>>;
  /** Functions behind zABI calls. */
  readonly hooks?: Hooks;
  /** Gets stdout as it comes, each chunk its own to keep; nothing is captured then. */
  readonly stdout?: Sink;
  /** Gets stderr as it comes, each chunk its own to keep; nothing is captured then. */
  readonly stderr?: Sink;
  /** Form of `log` lines on stderr. Default `text`. */
  readonly log?: LogForm;
}

/** `stdin` is used, not copied. Throws `MisuseError` for hooks that are none. */
export function openHost(policy: Policy, inputs: HostInputs): HostState {
  const host = new HostState(policy, readHooks(inputs.hooks));
  host.stdout = new Channel(host, "stdout", inputs.stdout);
  host.stderr = new Channel(host, "stderr", inputs.stderr);
  host.telemetry = new Telemetry(host, inputs.log ?? "text");
  // z[impl vm.input.stdin]
  const stdin = new ByteStream(inputs.stdin ?? new Uint8Array(0), ZI.nosys);
  host.handles = new Handles(stdin, new OutputStream(host.stdout), new OutputStream(host.stderr));
  host.capabilities = capabilitiesOf(host, inputs.args, inputs.env);
  return host;
}
