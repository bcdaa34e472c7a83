// k1 in C.

#include <stdint.h>

uint64_t run(uint32_t n) {
  uint64_t x = 0x9e3779b97f4a7c15;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    sum += x;
  }
  return sum;
}
