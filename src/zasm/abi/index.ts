// The zABI 2.5 host of module runs.

export type { Hooks } from "./hooks.ts";
export type { HostInputs } from "./host-inputs.ts";
export { ModuleHost } from "./primitives.ts";
