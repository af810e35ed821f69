// The bits of a scalar, and how many scalars a vector holds.
#pragma once

#include "declarations.h"

#define LANES (VECTOR_BYTES / sizeof(T))
#define INFINITE ((T)__builtin_inf())
#define NOT_A_NUMBER ((T)__builtin_nan(""))
#define SIGN_BIT ((UINT)1 << (8 * sizeof(T) - 1))
#define EXPONENT_MASK ((UINT)(2 * EXPONENT_BIAS + 1) << MANTISSA_BITS)

INLINE UINT NAME(bits)(T x)
{
    UINT bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE T NAME(from_bits)(UINT bits)
{
    T x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

INLINE T NAME(magnitude)(T x) { return NAME(from_bits)(NAME(bits)(x) & ~SIGN_BIT); }

INLINE T NAME(with_sign_of)(T magnitude, T x)
{
    return NAME(from_bits)((NAME(bits)(magnitude) & ~SIGN_BIT) | (NAME(bits)(x) & SIGN_BIT));
}

// c[0] + c[1] x + …, at least three coefficients. Even and odd powers are summed separately: half the latency of
// Horner's rule, which limits these loops. The loop is unrolled because count is constant where this is inlined.
INLINE T NAME(polynomial)(T x, size_t count, const T *c)
{
    T square = x * x, high = c[count - 1], low = c[count - 2];
    size_t i = count - 2;
    UNROLLED for (; i >= 2; i -= 2) {
        high = high * square + c[i - 1];
        low = low * square + c[i - 2];
    }
    return i == 0 ? high * x + low : high * square + (low * x + c[0]);
}
