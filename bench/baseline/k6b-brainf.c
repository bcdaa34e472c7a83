// k6b in C.

#include <stdint.h>

static const char program[] = "++++++++++++[>+++++++++++[>+++++++[>+++++<-]<-]<-]>>>.[-<+>]<.[->++>+<<]>.>.<<<<";

static uint16_t jumps[sizeof program];
static uint16_t open[sizeof program];
static uint8_t tape[65536];

uint64_t run(uint32_t n) {
  uint32_t depth = 0;
  for (uint16_t at = 0; program[at]; at++) {
    if (program[at] == '[') open[depth++] = at;
    if (program[at] != ']') continue;
    uint16_t from = open[--depth];
    jumps[from] = at;
    jumps[at] = from;
  }
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint8_t *cell = tape;
    for (const char *command = program; *command; command++) {
      switch (*command) {
        case '>': cell++; break;
        case '<': cell--; break;
        case '+': ++*cell; break;
        case '-': --*cell; break;
        case '[': if (!*cell) command = program + jumps[command - program]; break;
        case ']': if (*cell) command = program + jumps[command - program]; break;
        case '.': sum = sum * 31 + *cell; break;
      }
    }
  }
  return sum;
}
