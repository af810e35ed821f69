// The kernels for x86-64 with AVX2 and FMA.
#pragma once

#define ISA x86_64_v3
#define ISA_NAME "x86-64-v3"
#define VECTOR_BYTES 32
#define TILE_ROWS 6  // of 16 registers, 12 hold sums
