// The tables that the instruction-set files define and kernel_table.c chooses from.
#ifndef BACKFLOW_KERNEL_TABLES_H
#define BACKFLOW_KERNEL_TABLES_H

#include "CVectorKernels.h"

#define DECLARE_TABLES(isa)                                                                               \
    extern const backflow_kernels_f32 backflow_table_f32_##isa __attribute__((visibility("hidden")));     \
    extern const backflow_kernels_f64 backflow_table_f64_##isa __attribute__((visibility("hidden")));

DECLARE_TABLES(portable)
#if defined(__x86_64__)
DECLARE_TABLES(x86_64_v3)
DECLARE_TABLES(x86_64_v4)
#endif

#endif
