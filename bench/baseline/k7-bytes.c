// k7 in C, built without the builtins that would make calls of these loops (build.sh).

#include <stdint.h>

static uint8_t from[16384];
static uint8_t to[16384];

uint64_t run(uint32_t n) {
  uint64_t sum = 0;
  for (uint32_t turn = 0; turn < n; turn++) {
    for (uint32_t i = 0; i < sizeof from; i++) from[i] = turn;
    from[turn % sizeof from] ^= 0x55;
    for (uint32_t i = 0; i < sizeof from; i++) to[i] = from[i];
    sum = sum * 31 + to[turn * 7 % sizeof to];
  }
  return sum;
}
