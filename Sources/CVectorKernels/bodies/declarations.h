// What every body uses, independent of the scalar type and the instruction set.
#pragma once

#include "../kernel_tables.h"

#include <string.h>

#define JOIN_(a, b, c) a##_##b##_##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define NAME(name) JOIN(name, SCALAR, ISA)  // exp → exp_f32_portable

#define INLINE static inline __attribute__((always_inline))

// A loop over independent elements. In place an output is an input, and without the pragma the compiler's overlap check would
// send that case to scalar code. A target without vectors, or a sanitizer, ignores the pragma; the loop is correct anyway.
#pragma clang diagnostic ignored "-Wpass-failed"
#define FOR_EACH_FROM(i, first, n) _Pragma("clang loop vectorize(assume_safety)") for (size_t i = (first); i < (n); i++)
#define FOR_EACH(i, n) FOR_EACH_FROM(i, 0, n)

// The same for a body that is one long chain of dependent operations: four vectors side by side keep the units busy. The
// compiler handles the remaining elements half a vector at a time.
#define FOR_EACH_CHAIN(i, n)                                               \
    _Pragma("clang loop vectorize(assume_safety) interleave_count(4)") for (size_t i = 0; i < (n); i++)

#define UNROLLED _Pragma("clang loop unroll(full)")
