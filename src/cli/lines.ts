// A stream of bytes as lines, with bounded memory. Lines end at LF, or at the end of input.

export interface Line {
  /** 1-based, blank lines counted. */
  readonly number: number;
  /** Without the line end; `undefined` for a line over the limit, which is skipped instead of kept. */
  readonly bytes: Uint8Array | undefined;
}

const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;

/** `read` fills the start of a buffer and gives the count, 0 at the end. Each line is yielded as soon as it ended. */
export function* readLines(read: (buffer: Uint8Array) => number, limit: number): Generator<Line> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let number = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  /** Keeps a piece of the line being read, until the line is known to be too long. */
  const keep = (piece: Uint8Array) => {
    pendingBytes += piece.length;
    if (pendingBytes > limit) pending = [];
    else if (piece.length > 0) pending.push(piece.slice());
  };
  const take = (): Line => {
    const bytes = pendingBytes > limit ? undefined : Buffer.concat(pending, pendingBytes);
    pending = [];
    pendingBytes = 0;
    return { number: ++number, bytes };
  };

  for (;;) {
    const got = read(chunk);
    if (got === 0) break;
    let start = 0;
    for (;;) {
      const end = chunk.subarray(0, got).indexOf(LF, start);
      if (end < 0) break;
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start, got));
  }
  if (pendingBytes > 0) yield take();
}
