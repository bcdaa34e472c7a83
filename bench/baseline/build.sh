#!/bin/sh
# Builds the yardstick: each kernel's C twin as WebAssembly. The .wasm files are committed, so only a change of a .c file
# needs this. Made with Debian clang 14.0.6 and LLD 14.0.6 (apt-get install clang lld).
set -eu
cd "$(dirname "$0")"
for source in k*.c; do
  clang --target=wasm32 -std=c11 -Wall -Wextra -Werror -O2 -nostdlib -fno-builtin \
    -Wl,--no-entry -Wl,--export=run -Wl,--strip-all "$source" -o "${source%.c}.wasm"
done
