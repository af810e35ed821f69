// The kernels for any processor: the target's baseline.
#pragma once

#define ISA portable
#define ISA_NAME "portable"
#define VECTOR_BYTES 16
#if defined(__aarch64__)
#define TILE_ROWS 12  // of packed_product: TILE_ROWS × 2 sums stay in registers, of which there are 32
#else
#define TILE_ROWS 6  // of 16 registers
#endif
