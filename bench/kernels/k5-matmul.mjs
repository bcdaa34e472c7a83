// k5 in plain JavaScript: typed arrays wrap the sums to 64 bits.

export function run(n) {
  const a = new BigInt64Array(n * n);
  const b = new BigInt64Array(n * n);
  for (let i = 0; i < n * n; i++) {
    a[i] = BigInt(i) * 0x9e3779b97f4a7c15n;
    b[i] = a[i] ^ BigInt(i);
  }
  const sum = new BigInt64Array(1);
  const result = new BigUint64Array(1);
  for (let row = 0; row < n * n; row += n) {
    for (let column = 0; column < n; column++) {
      sum[0] = 0n;
      for (let k = 0; k < n; k++) sum[0] += a[row + k] * b[k * n + column];
      result[0] ^= sum[0];
    }
  }
  return result[0];
}
