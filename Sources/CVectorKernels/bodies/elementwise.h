// One operation for each element. The compiler vectorizes these loops.
#pragma once

#include "scalar_bits.h"

static void NAME(fill)(size_t n, T value, T *y) { FOR_EACH(i, n) y[i] = value; }

static void NAME(add)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] = a[i] + b[i]; }

static void NAME(subtract)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] = a[i] - b[i]; }

static void NAME(multiply)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] = a[i] * b[i]; }

static void NAME(multiply_add)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] += a[i] * b[i]; }

static void NAME(divide)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] = a[i] / b[i]; }

static void NAME(add_scalar)(size_t n, T s, const T *x, T *y) { FOR_EACH(i, n) y[i] = x[i] + s; }

static void NAME(scale)(size_t n, T s, const T *x, T *y) { FOR_EACH(i, n) y[i] = x[i] * s; }

static void NAME(negate)(size_t n, const T *x, T *y) { FOR_EACH(i, n) y[i] = -x[i]; }

static void NAME(absolute)(size_t n, const T *x, T *y) { FOR_EACH(i, n) y[i] = NAME(magnitude)(x[i]); }

static void NAME(square)(size_t n, const T *x, T *y) { FOR_EACH(i, n) y[i] = x[i] * x[i]; }

// The builtin, unlike sqrt, never sets errno, so it vectorizes.
static void NAME(square_root)(size_t n, const T *x, T *y) { FOR_EACH(i, n) y[i] = __builtin_elementwise_sqrt(x[i]); }

static void NAME(reciprocal)(size_t n, const T *x, T *y) { FOR_EACH(i, n) y[i] = 1 / x[i]; }

static void NAME(to_double)(size_t n, const T *x, double *y) { FOR_EACH(i, n) y[i] = (double)x[i]; }

static void NAME(from_double)(size_t n, const double *x, T *y) { FOR_EACH(i, n) y[i] = (T)x[i]; }

// Every comparison with NaN is false, so NaN passes.
static void NAME(clamp)(size_t n, T lo, T hi, const T *x, T *y)
{
    FOR_EACH(i, n) y[i] = x[i] < lo ? lo : x[i] > hi ? hi : x[i];
}

// Equal numbers differ in their bits only when both are zero: "and" then gives +0 unless both are −0, "or" the reverse.
INLINE T NAME(larger)(T a, T b)
{
    T equal = NAME(from_bits)(NAME(bits)(a) & NAME(bits)(b));
    T ordered = a > b ? a : a == b ? equal : b;
    return a != a ? a : ordered;
}

INLINE T NAME(smaller)(T a, T b)
{
    T equal = NAME(from_bits)(NAME(bits)(a) | NAME(bits)(b));
    T ordered = a < b ? a : a == b ? equal : b;
    return a != a ? a : ordered;
}

static void NAME(maximum)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] = NAME(larger)(a[i], b[i]); }

static void NAME(minimum)(size_t n, const T *a, const T *b, T *y) { FOR_EACH(i, n) y[i] = NAME(smaller)(a[i], b[i]); }
