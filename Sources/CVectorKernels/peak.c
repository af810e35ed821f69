// The most multiplications and additions that each instruction set can do: a yardstick for the benchmark, which no layer
// uses.

#include "CVectorKernels.h"

#include <string.h>

// Enough independent sums to hide the latency of a fused multiply-add on two units.
enum { sums_count = 12, steps_per_round = 8 };

#define UNROLLED _Pragma("clang loop unroll(full)")

#define DEFINE_RUN(isa, vector_bytes, ...)                                                                        \
    typedef float vector_##isa __attribute__((vector_size(vector_bytes)));                                        \
    enum { lanes_##isa = vector_bytes / sizeof(float) };                                                          \
    __VA_ARGS__ static float run_##isa(size_t rounds, float seed)                                                 \
    {                                                                                                             \
        vector_##isa sums[sums_count], factor = {0}, total = {0};                                                 \
        factor += 0.5f;                                                                                           \
        UNROLLED for (size_t i = 0; i < sums_count; i++) sums[i] = factor * (seed + (float)i);                    \
        for (size_t round = 0; round < rounds; round++) {                                                         \
            UNROLLED for (size_t step = 0; step < steps_per_round; step++) {                                      \
                UNROLLED for (size_t i = 0; i < sums_count; i++) sums[i] = sums[i] * factor + factor;             \
            }                                                                                                     \
        }                                                                                                         \
        UNROLLED for (size_t i = 0; i < sums_count; i++) total += sums[i];                                        \
        float result = 0;                                                                                         \
        for (size_t lane = 0; lane < lanes_##isa; lane++) result += total[lane];                                  \
        return result;                                                                                            \
    }

DEFINE_RUN(portable, 16)
#if defined(__x86_64__)
DEFINE_RUN(x86_64_v3, 32, __attribute__((target("arch=x86-64-v3"))))
DEFINE_RUN(x86_64_v4, 64, __attribute__((target("arch=x86-64-v4,no-prefer-256-bit"))))
#endif

#define PEAK(name, isa) {name, run_##isa, steps_per_round * sums_count * lanes_##isa * 2}

static const backflow_peak peaks[] = {
    PEAK("portable", portable),
#if defined(__x86_64__)
    PEAK("x86-64-v3", x86_64_v3),
    PEAK("x86-64-v4", x86_64_v4),
#endif
};

const backflow_peak *backflow_peak_for(const char *isa)
{
    for (size_t i = 0; i < sizeof peaks / sizeof *peaks; i++) {
        if (strcmp(peaks[i].isa, isa) == 0) return &peaks[i];
    }
    return NULL;
}
