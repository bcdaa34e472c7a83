// The --telemetry option: engine events as JSON Lines into a file, or on standard error for `-`.

import { encodeUtf8 } from "../core/bytes.ts";
import { type TelemetrySink, telemetryLine } from "../core/telemetry.ts";
import { createFile, STANDARD } from "./files.ts";
import type { Io } from "./io.ts";

export interface TelemetryOutput {
  readonly sink: TelemetrySink;
  close(): void;
}

/** Throws `CliFailure` when the file cannot be created; a line that cannot be written later is lost, as telemetry may be. */
export function openTelemetry(io: Io, path: string): TelemetryOutput {
  const out = path === STANDARD ? { write: io.stderr.write.bind(io.stderr), close() {} } : createFile(path);
  return { sink: (event) => out.write(encodeUtf8(telemetryLine(event))), close: out.close };
}
