// The numbers a zABI function answers with instead of a length, and their names. Nothing else is an error to a guest.

export const ZI = {
  ok: 0,
  invalid: -1,
  bounds: -2,
  noent: -3,
  denied: -4,
  closed: -5,
  again: -6,
  nosys: -7,
  oom: -8,
  io: -9,
  internal: -10,
} as const;

const NAMES = Object.keys(ZI);

/** The name as error frames carry it; a hook's own number outside the list reads as `internal`. */
export const resultName = (code: number): string => NAMES[-code] ?? "internal";

/** What `zi_abi_version` answers: 2.5. */
export const ABI_VERSION = 0x0002_0005;
