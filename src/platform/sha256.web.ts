// SHA-256 elsewhere: WebCrypto is asynchronous only, and cache keys are needed at once.

import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../core/bytes.ts";

/** Lower-case hex. */
export const sha256Hex = (bytes: Uint8Array): string => toHex(sha256(bytes));
