// Declarations that the units of one instruction set share with others.
#pragma once

#include "CVectorKernels.h"

#define HIDDEN __attribute__((visibility("hidden")))

// The tables, from which kernel_table.c chooses, and ln x and ln(1 + x) in double, which the float kernels need for sums.
#define DECLARE(isa)                                                     \
    extern const backflow_kernels_f32 backflow_table_f32_##isa HIDDEN;   \
    extern const backflow_kernels_f64 backflow_table_f64_##isa HIDDEN;   \
    HIDDEN double backflow_log_f64_##isa(double x);                      \
    HIDDEN double backflow_log_of_one_plus_f64_##isa(double x);

DECLARE(portable)
#if defined(__x86_64__)
DECLARE(x86_64_v3)
DECLARE(x86_64_v4)
#endif
