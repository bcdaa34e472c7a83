// k6a in plain JavaScript.

export function run(n) {
  const list = new Int32Array(n);
  for (let i = 0, x = 0; i < n; i++) {
    x = (Math.imul(x, 69069) + 1) | 0;
    list[i] = x >>> 1;
  }
  for (let last = n - 1; last > 0; last--) {
    for (let i = 0; i < last; i++) {
      const [left, right] = [list[i], list[i + 1]];
      if (left <= right) continue;
      list[i] = right;
      list[i + 1] = left;
    }
  }
  let sum = 0n;
  for (let i = 0; i < n; i++) sum += BigInt((i + 1) * list[i]);
  return sum;
}
