// exp, log and the pieces that the activations share with them. Every function is free of branches, so that a loop over
// it vectorizes. e^x = 2^n e^r with n = round(x / ln 2) and r = x - n ln 2 in two parts (Cody and Waite).
#pragma once

#include "scalar_bits.h"

// A kernel y[i] = expression of v = x[i]. The last elements go through a buffer as long as a vector instead of a scalar
// loop, which would cost as much for each of them as for a whole vector.
#define MAP_BLOCK (LANES < 4 ? 4 : LANES)
#define MAP(name, parameters, expression)                                              \
    static void NAME(name) parameters                                                  \
    {                                                                                  \
        size_t whole = n - n % MAP_BLOCK;                                              \
        FOR_EACH_CHAIN(i, whole) { T v = x[i]; y[i] = (expression); }                  \
        if (whole == n) return;                                                        \
        T rest[MAP_BLOCK] = {0};                                                       \
        for (size_t i = whole; i < n; i++) rest[i - whole] = x[i];                     \
        FOR_EACH(i, MAP_BLOCK) { T v = rest[i]; rest[i] = (expression); }              \
        for (size_t i = whole; i < n; i++) y[i] = rest[i - whole];                     \
    }

// y[i] = expression of v = x[i] and d = dy[i]; the last elements as in MAP.
#define MAP_BACKWARD(name, expression)                                                     \
    static void NAME(name)(size_t n, const T *x, const T *dy, T *dx)                       \
    {                                                                                      \
        size_t whole = n - n % MAP_BLOCK;                                                  \
        FOR_EACH_CHAIN(i, whole) { T v = x[i], d = dy[i]; dx[i] = (expression); }          \
        if (whole == n) return;                                                            \
        T rest[MAP_BLOCK] = {0}, upstream[MAP_BLOCK] = {0};                                \
        for (size_t i = whole; i < n; i++) { rest[i - whole] = x[i]; upstream[i - whole] = dy[i]; } \
        FOR_EACH(i, MAP_BLOCK) { T v = rest[i], d = upstream[i]; rest[i] = (expression); } \
        for (size_t i = whole; i < n; i++) dx[i] = rest[i - whole];                        \
    }

static const T NAME(exp_coefficients)[] = {EXP_COEFFICIENTS};
static const T NAME(log_coefficients)[] = {LOG_COEFFICIENTS};
static const T NAME(log1p_coefficients)[] = {LOG1P_COEFFICIENTS};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

// x / ln 2 rounded to an integer, also as n. Adding 1.5 · 2^MANTISSA_BITS rounds and leaves the integer in the low bits.
INLINE T NAME(rounded_quotient)(T x, UINT *n)
{
    const T shift = 3 * (T)((UINT)1 << (MANTISSA_BITS - 1));
    T shifted = x * INVERSE_LN2 + shift;
    *n = NAME(bits)(shifted) - NAME(bits)(shift);
    return shifted - shift;
}

// r and n of x.
INLINE T NAME(reduced)(T x, UINT *n)
{
    T count = NAME(rounded_quotient)(x, n);
    return (x - count * LN2_HIGH) - count * LN2_LOW;
}

// e^-x = 2^-n e^r: r and n of x. The order of the operands negates r at no cost.
INLINE T NAME(reduced_minus)(T x, UINT *n)
{
    T count = NAME(rounded_quotient)(x, n);
    return (count * LN2_HIGH - x) + count * LN2_LOW;
}

// e^r - 1 for |r| <= ln 2 / 2.
INLINE T NAME(expm1_reduced)(T r)
{
    return r + r * r * NAME(polynomial)(r, COUNT(NAME(exp_coefficients)), NAME(exp_coefficients));
}

// e^x - 1 for -2 TANH_SATURATION <= x <= 0.
INLINE T NAME(expm1_limited)(T x)
{
    UINT n;
    T expm1 = NAME(expm1_reduced)(NAME(reduced)(x, &n));
    T power = NAME(from_bits)((n + EXPONENT_BIAS) << MANTISSA_BITS);
    return power * expm1 + (power - 1);
}

// e^x - 1 for x <= 0; below the limit it rounds to -1.
INLINE T NAME(expm1_of_negative)(T x)
{
    return NAME(with_sign_of)(NAME(expm1_limited)(x < -2 * TANH_SATURATION ? -2 * TANH_SATURATION : x), x);
}

// 2^n is multiplied in as two factors, because 2^n alone may overflow or be subnormal where e^x is not.
INLINE T NAME(exp_of)(T x)
{
    UINT n;
    T capped = x > EXP_HIGHEST ? EXP_HIGHEST : x;
    T e = 1 + NAME(expm1_reduced)(NAME(reduced)(capped < EXP_LOWEST ? EXP_LOWEST : capped, &n));
    UINT exponents = n + 2 * EXPONENT_BIAS, half = exponents >> 1;
    return e * NAME(from_bits)(half << MANTISSA_BITS) * NAME(from_bits)((exponents - half) << MANTISSA_BITS);
}

// e^-a for a >= 0. No 2^n overflows here, so the exponent is first raised by half of the range, which leaves room for
// -n where e^-a is subnormal.
INLINE T NAME(exp_of_minus)(T a)
{
    UINT n;
    const UINT raised = EXPONENT_BIAS / 2;
    T e = 1 + NAME(expm1_reduced)(NAME(reduced_minus)(a > -EXP_LOWEST ? -EXP_LOWEST : a, &n));
    T power = NAME(from_bits)((EXPONENT_BIAS + raised - n) << MANTISSA_BITS);
    return e * power * NAME(from_bits)((UINT)(EXPONENT_BIAS - raised) << MANTISSA_BITS);
}

// log(1 + f) = f - (f²/2 - s (f²/2 + R(s²))) with s = f / (2 + f), the form of fdlibm's log: f enters unrounded.
INLINE T NAME(log1p_of)(T f, size_t count, const T *coefficients, T correction)
{
    T s = f / (2 + f), z = s * s, h = (T)0.5 * f * f;
    T R = z * NAME(polynomial)(z, count, coefficients);
    return f - (h - (s * (h + R) + correction));
}

// log(1 + f) for 0 <= f <= 1.
INLINE T NAME(log_of_one_plus)(T f)
{
    return NAME(log1p_of)(f, COUNT(NAME(log1p_coefficients)), NAME(log1p_coefficients), 0);
}

// x = 2^k (1 + f) with √½ <= 1 + f < √2, found by integer arithmetic on the bits.
INLINE T NAME(log_of)(T x)
{
    const UINT one = (UINT)EXPONENT_BIAS << MANTISSA_BITS;
    const T two_to_mantissa = (T)((UINT)1 << MANTISSA_BITS);
    int subnormal = x < NAME(from_bits)((UINT)1 << MANTISSA_BITS);
    UINT bits = NAME(bits)(subnormal ? x * two_to_mantissa : x);
    UINT raised = bits + (one - NAME(bits)(SQRT_HALF));  // its exponent field is k + bias
    T k = NAME(from_bits)((raised >> MANTISSA_BITS) | NAME(bits)(two_to_mantissa)) - two_to_mantissa;
    k -= subnormal ? (T)(EXPONENT_BIAS + MANTISSA_BITS) : (T)EXPONENT_BIAS;
    T f = NAME(from_bits)(bits - (raised & EXPONENT_MASK) + one) - 1;
    T y = k * LN2_HIGH + NAME(log1p_of)(f, COUNT(NAME(log_coefficients)), NAME(log_coefficients), k * LN2_LOW);
    T special = x == 0 ? -INFINITE : x < 0 ? NOT_A_NUMBER : x;  // else +∞ or NaN, which stay as they are
    return x > 0 && x < INFINITE ? y : special;
}

MAP(exp, (size_t n, const T *x, T *y), NAME(exp_of)(v))
MAP(log, (size_t n, const T *x, T *y), NAME(log_of)(v))
