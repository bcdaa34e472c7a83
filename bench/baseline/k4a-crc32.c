// k4a in C.

#include <stdint.h>

static uint32_t table[256];
static uint8_t text[16384];

uint64_t run(uint32_t n) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t entry = i;
    for (int bit = 0; bit < 8; bit++) entry = entry & 1 ? entry >> 1 ^ 0xedb88320 : entry >> 1;
    table[i] = entry;
  }
  uint32_t x = 0;
  for (uint32_t i = 0; i < sizeof text; i++) {
    x = x * 69069 + 1;
    text[i] = x >> 24;
  }
  uint32_t crc = 0xffffffff;
  for (uint32_t pass = 0; pass < n; pass++) {
    for (uint32_t i = 0; i < sizeof text; i++) crc = crc >> 8 ^ table[(crc ^ text[i]) & 255];
  }
  return crc;
}
