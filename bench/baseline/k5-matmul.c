// k5 in C.

#include <stdint.h>

static uint64_t a[156 * 156];
static uint64_t b[156 * 156];

uint64_t run(uint32_t n) {
  for (uint32_t i = 0; i < n * n; i++) {
    a[i] = i * 0x9e3779b97f4a7c15;
    b[i] = a[i] ^ i;
  }
  uint64_t result = 0;
  for (uint32_t row = 0; row < n; row++) {
    for (uint32_t column = 0; column < n; column++) {
      uint64_t sum = 0;
      for (uint32_t k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
      result ^= sum;
    }
  }
  return result;
}
