// k6a in C.

#include <stdint.h>

static int32_t list[16384];

uint64_t run(uint32_t n) {
  uint32_t x = 0;
  for (uint32_t i = 0; i < n; i++) {
    x = x * 69069 + 1;
    list[i] = x >> 1;
  }
  for (uint32_t last = n - 1; last > 0; last--) {
    for (uint32_t i = 0; i < last; i++) {
      int32_t left = list[i];
      int32_t right = list[i + 1];
      if (left <= right) continue;
      list[i] = right;
      list[i + 1] = left;
    }
  }
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) sum += (uint64_t)(i + 1) * list[i];
  return sum;
}
