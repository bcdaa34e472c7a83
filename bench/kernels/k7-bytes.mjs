// k7 in plain JavaScript.

export function run(n) {
  const from = new Uint8Array(16384);
  const to = new Uint8Array(16384);
  let sum = 0n;
  for (let turn = 0; turn < n; turn++) {
    for (let i = 0; i < from.length; i++) from[i] = turn;
    from[turn % 16384] ^= 0x55;
    for (let i = 0; i < from.length; i++) to[i] = from[i];
    sum = BigInt.asUintN(64, sum * 31n + BigInt(to[(turn * 7) % 16384]));
  }
  return sum;
}
