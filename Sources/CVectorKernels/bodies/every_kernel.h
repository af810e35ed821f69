// Every kernel of one instruction set and scalar type, and the table that holds them.
#pragma once

#include "activations.h"
#include "channels.h"
#include "convolution.h"
#include "convolution_dots.h"
#include "convolution_weights.h"
#include "dropout.h"
#include "elementwise.h"
#include "exponential.h"
#include "gated_units.h"
#include "gates.h"
#include "indexed_rows.h"
#include "layer_norm.h"
#include "losses.h"
#include "optimizers.h"
#include "packed_product.h"
#include "pooling.h"
#include "reductions.h"
#include "rows.h"
#include "shifted_image.h"
#include "softmax.h"
#include "softmax_backward.h"
#include "transpose.h"
#include "windows.h"

#define KERNEL(result, name, parameters) .name = NAME(name),

const JOIN(backflow, kernels, SCALAR) JOIN(backflow_table, SCALAR, ISA) = {
    .isa = ISA_NAME,
#include "../kernel_list.h"
};
