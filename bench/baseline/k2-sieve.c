// k2 in C. The flags are zero when an instance is made, as guest memory is; an instance runs once.

#include <stdint.h>

static uint8_t flags[1 << 20];

uint64_t run(uint32_t n) {
  for (uint32_t i = 2; i * i < n; i++) {
    if (flags[i]) continue;
    for (uint32_t j = i * i; j < n; j += i) flags[j] = 1;
  }
  uint64_t count = 0;
  for (uint32_t i = 2; i < n; i++) {
    if (!flags[i]) count++;
  }
  return count;
}
