// Every kernel of one instruction set and scalar type, and the table that holds them.

#include "scalar_bits.h"
#include "elementwise.h"
#include "exponential.h"
#include "activations.h"
#include "gated_units.h"
#include "dropout.h"
#include "gates.h"
#include "reductions.h"
#include "rows.h"
#include "softmax.h"
#include "softmax_backward.h"
#include "losses.h"
#include "transpose.h"
#include "indexed_rows.h"
#include "channels.h"
#include "windows.h"
#include "pooling.h"
#include "optimizers.h"
#include "packed_product.h"
#include "peak.h"

#define TABLE_ENTRY(result, name, parameters) .name = NAME(name),

const JOIN(backflow, kernels, SCALAR) JOIN(backflow_table, SCALAR, ISA) = {
    .isa = ISA_NAME,
    BACKFLOW_KERNELS(TABLE_ENTRY, T)
};

#undef TABLE_ENTRY
#include "undefine_scalar.h"
