// k3 in C. clang turns the second of the two calls into a loop.

#include <stdint.h>

static uint64_t fib(uint32_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint64_t run(uint32_t n) {
  return fib(n);
}
