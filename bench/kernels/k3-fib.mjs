// k3 in plain JavaScript.

const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));

export const run = (n) => BigInt(fib(n));
