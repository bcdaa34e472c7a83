// k2 in plain JavaScript.

export function run(n) {
  const flags = new Uint8Array(n);
  for (let i = 2; i * i < n; i++) {
    if (flags[i] !== 0) continue;
    for (let j = i * i; j < n; j += i) flags[j] = 1;
  }
  let count = 0;
  for (let i = 2; i < n; i++) if (flags[i] === 0) count++;
  return BigInt(count);
}
