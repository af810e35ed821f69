// The kernels for x86-64 with AVX-512.

#if defined(__x86_64__)

#define ISA x86_64_v4
#define ISA_NAME "x86-64-v4"
#define VECTOR_BYTES 64
#define TILE_ROWS 12  // of 32 registers, 24 hold sums

#include "bodies/declarations.h"  // outside the attribute, which is not for system headers
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,no-prefer-256-bit"))), apply_to = function)
#include "bodies/both_scalars.h"
#pragma clang attribute pop

#endif
