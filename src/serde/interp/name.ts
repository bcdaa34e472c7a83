// Where the last name or tag that was read stands, as UTF-8 without escapes: what tables are searched for. Valid until the
// next one is read.

export const name: { bytes: Uint8Array; from: number; to: number } = {
  bytes: new Uint8Array(),
  from: 0,
  to: 0,
};

export function setName(bytes: Uint8Array, from: number, to: number): void {
  name.bytes = bytes;
  name.from = from;
  name.to = to;
}
