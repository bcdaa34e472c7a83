// k1 in plain JavaScript: 64-bit integers are BigInts, wrapped by a typed array.

export function run(n) {
  const x = BigUint64Array.of(0x9e3779b97f4a7c15n);
  const sum = new BigUint64Array(1);
  for (let i = 0; i < n; i++) {
    x[0] ^= x[0] << 13n;
    x[0] ^= x[0] >> 7n;
    x[0] ^= x[0] << 17n;
    sum[0] += x[0];
  }
  return sum[0];
}
