// The kernels for x86-64 with AVX-512.
#pragma once

#define ISA x86_64_v4
#define ISA_NAME "x86-64-v4"
#define VECTOR_BYTES 64
#define TILE_ROWS 12  // of 32 registers, 24 hold sums
