// Dropout's mask follows from the index of an element and the seed, so it is never stored. Integer arithmetic only: every
// instruction set and both precisions drop the same elements (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014).
#pragma once

#include "declarations.h"

static void NAME(dropout)(size_t n, uint64_t seed, uint64_t threshold, T scale, const T *x, T *y)
{
    FOR_EACH(i, n)
    {
        uint64_t z = seed + ((uint64_t)i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z = (z ^ (z >> 31)) >> 11;
        y[i] = x[i] * (z < threshold ? scale : 0);  // a dropped NaN stays NaN
    }
}
