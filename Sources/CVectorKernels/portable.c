// The kernels for any processor: the target's baseline.

#define ISA portable
#define ISA_NAME "portable"
#define VECTOR_BYTES 16
#define TILE_ROWS 6  // of packed_product: TILE_ROWS × 2 sums stay in registers, of which x86-64 has 16

#include "bodies/both_scalars.h"
