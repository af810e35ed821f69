// The tables of kernels, one for each instruction set and scalar type. kernel_list.h lists and documents the kernels.
#ifndef BACKFLOW_C_VECTOR_KERNELS_H
#define BACKFLOW_C_VECTOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// How windows move over a plane [height, width]. Tap (i, j) of window (o, p) is the element in row
// o stride_height + i dilation_height − padding_height, and likewise for its column; taps outside the plane are padding. The
// numbers of windows are given, and every window starts inside the padded plane.
typedef struct backflow_windows {
    size_t height, width, output_height, output_width, kernel_height, kernel_width;
    size_t stride_height, stride_width, padding_height, padding_width, dilation_height, dilation_width;
} backflow_windows;

// A function pointer for each kernel. `isa` is the name of the instruction set: "portable", "x86-64-v3" or "x86-64-v4".
#define KERNEL(result, name, parameters) result (*name) parameters;

#define T float
typedef struct backflow_kernels_f32 {
    const char *isa;
#include "../kernel_list.h"
} backflow_kernels_f32;
#undef T

#define T double
typedef struct backflow_kernels_f64 {
    const char *isa;
#include "../kernel_list.h"
} backflow_kernels_f64;
#undef T

#undef KERNEL

// The tables in use, chosen when the library is loaded: those of the instruction set that the environment variable
// BACKFLOW_ISA names, or, when it is unset, unknown or not supported by this processor, of the best one that is. Never null.
const backflow_kernels_f32 *backflow_kernels_selected_f32(void);
const backflow_kernels_f64 *backflow_kernels_selected_f64(void);

// The value of BACKFLOW_ISA when the library was loaded (its first 511 bytes), if it named no instruction set of this build,
// or one that this processor does not support; otherwise null.
const char *backflow_kernels_refused_isa(void);

// Every instruction set of this build, the simplest first. The table is null if this processor cannot run it or if i is out
// of range; the name is null only in the second case.
size_t backflow_kernels_count(void);
const char *backflow_kernels_isa(size_t i);
const backflow_kernels_f32 *backflow_kernels_at_f32(size_t i);
const backflow_kernels_f64 *backflow_kernels_at_f64(size_t i);

// The benchmark's yardstick: as many multiplications and additions in registers as an instruction set can do.
typedef struct backflow_peak {
    const char *isa;
    // Does `rounds` times `flops_per_round` floating-point operations and returns a number that depends on all of them.
    float (*run)(size_t rounds, float seed);
    size_t flops_per_round;
} backflow_peak;

// The yardstick of the instruction set of this name; null if this build has none.
const backflow_peak *backflow_peak_for(const char *isa);

#endif
