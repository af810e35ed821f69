// Activations and their backward forms. Those that read the output y are for the gates of a recurrence, which keep only
// outputs; where y rounds to its limit, so does the slope. Those that read the input x keep their digits.
#pragma once

#include "exponential.h"

// With t = e^(-2|x|) - 1, tanh |x| = -t / (t + 2): accurate near 0 because e^r - 1 is, and without overflow.
INLINE T NAME(tanh_of)(T x)
{
    UINT n;
    T a = NAME(magnitude)(x);
    T expm1 = NAME(expm1_reduced)(NAME(reduced_minus)(2 * (a > TANH_SATURATION ? TANH_SATURATION : a), &n));
    T power = NAME(from_bits)((EXPONENT_BIAS - n) << MANTISSA_BITS);
    T t = power * expm1 + (power - 1);
    return NAME(with_sign_of)(t / (t + 2), x);
}

// 1 / (1 + e^-x) as s / (s + s e^-x), where s is a power of two so small that s e^-x overflows only where the result is 0:
// no branch on the sign, and all digits down to underflow.
INLINE T NAME(sigmoid_of)(T x)
{
    UINT n;
    const UINT lowered = EXPONENT_BIAS - EXPONENT_BIAS / 4;
    T bounded = x < EXP_LOWEST ? EXP_LOWEST : x;
    T expm1 = NAME(expm1_reduced)(
        NAME(reduced_minus)(bounded > SIGMOID_SATURATION ? SIGMOID_SATURATION : bounded, &n));
    T s = NAME(from_bits)(lowered << MANTISSA_BITS), power = NAME(from_bits)((lowered - n) << MANTISSA_BITS);
    return s / (power * expm1 + (power + s));
}

// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
INLINE T NAME(softplus_of)(T x)
{
    T e = NAME(exp_of_minus)(NAME(magnitude)(x));
    return (x > 0 ? x : 0) + NAME(log_of_one_plus)(e);
}

MAP(tanh, (size_t n, const T *x, T *y), NAME(tanh_of)(v))
MAP(sigmoid, (size_t n, const T *x, T *y), NAME(sigmoid_of)(v))
MAP(softplus, (size_t n, const T *x, T *y), NAME(softplus_of)(v))

// Written so that NaN, for which every comparison is false, passes.
static void NAME(relu)(size_t n, const T *x, T *y) { FOR_EACH(i, n) y[i] = x[i] <= 0 ? 0 : x[i]; }

// Where y is near ±1, 1 − y² cancels; the factors of (1 − y)(1 + y) are rounded once each.
static void NAME(tanh_backward)(size_t n, const T *y, const T *dy, T *dx)
{
    FOR_EACH(i, n) dx[i] = dy[i] * ((1 - y[i]) * (1 + y[i]));
}

static void NAME(sigmoid_backward)(size_t n, const T *y, const T *dy, T *dx)
{
    FOR_EACH(i, n) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

// σ(x) σ(−x) = e / (1 + e)² with e = e^−|x|.
INLINE T NAME(sigmoid_slope)(T x)
{
    T e = NAME(exp_of_minus)(NAME(magnitude)(x)), sum = 1 + e;
    return e / (sum * sum);
}

// 1 − tanh²(x) = 4 σ(2x) σ(−2x).
INLINE T NAME(tanh_slope)(T x) { return 4 * NAME(sigmoid_slope)(2 * x); }

MAP_BACKWARD(sigmoid_backward_at, d * NAME(sigmoid_slope)(v))
MAP_BACKWARD(tanh_backward_at, d * NAME(tanh_slope)(v))

static void NAME(relu_backward)(size_t n, const T *y, const T *dy, T *dx)
{
    FOR_EACH(i, n)
    {
        T passed = y[i] != y[i] ? y[i] : 0;
        dx[i] = y[i] > 0 ? dy[i] : passed;
    }
}
