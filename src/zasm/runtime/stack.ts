// The native stack promise of D9: a run that starts is never ended by it.

const nothing = (): void => {};
/** 32,768 arguments of 8 bytes: a call with them needs 256 KiB of native stack at once. */
const ARGUMENTS: readonly undefined[] = new Array<undefined>(32_768).fill(undefined);

/** True when at least 256 KiB of native stack are left. */
export function hasNativeStack(): boolean {
  try {
    Reflect.apply(nothing, undefined, ARGUMENTS);
    return true;
  } catch {
    return false;
  }
}
