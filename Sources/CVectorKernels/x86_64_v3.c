// The kernels for x86-64 with AVX2 and FMA.

#if defined(__x86_64__)

#define ISA x86_64_v3
#define ISA_NAME "x86-64-v3"
#define VECTOR_BYTES 32
#define TILE_ROWS 6  // of 16 registers, 12 hold sums

#include "bodies/declarations.h"  // outside the attribute, which is not for system headers
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "bodies/both_scalars.h"
#pragma clang attribute pop

#endif
