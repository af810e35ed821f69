// Softmax along rows. The row's maximum is subtracted first, so that no exponential overflows; the sum of the exponentials is
// formed in double.
#pragma once

#include "exponential.h"
#include "logarithm_in_double.h"
#include "reductions.h"
#include "sums.h"

#define EXP_CHUNK 256

MAP(exp_shifted, (size_t n, T shift, const T *x, T *y), NAME(exp_of)(v - shift))

// Σ x without one element, in double.
static double NAME(sum_without)(size_t n, size_t apart, const T *x)
{
    double total = 0, lost = 0;
    for (size_t start = 0; start < n; start += SUM_BLOCK) {
        _Pragma("clang fp reassociate(on)")
        const UINT length = (UINT)(n - start < SUM_BLOCK ? n - start : SUM_BLOCK);
        const UINT left_out = apart - start < length ? (UINT)(apart - start) : length;
        double sum = 0;
        for (UINT i = 0; i < length; i++) sum += i == left_out ? 0 : (double)x[start + i];
        NAME(add_to)(&total, &lost, sum);
    }
    double rest = NAME(total)(total, lost);
    if (IS_FINITE(rest)) return rest;
    return NAME(sum_in_double)(apart, x) + NAME(sum_in_double)(n - apart - 1, x + apart + 1);
}

// Σ exp(x - shift) without one element, whose exponential goes to *e.
static double NAME(sum_of_exp_without)(size_t n, size_t apart, T shift, const T *x, double *e)
{
    double sum = 0, lost = 0;
    T chunk[EXP_CHUNK];
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        NAME(exp_shifted)(length, shift, x + start, chunk);
        if (apart - start < length) *e = (double)chunk[apart - start];
        NAME(add_to)(&sum, &lost, apart - start < length ? NAME(sum_without)(length, apart - start, chunk)
                                                         : NAME(sum_in_double)(length, chunk));
    }
    return NAME(total)(sum, lost);
}

// Σ exp(x - shift) - 1, shift being the maximum: the exponentials that are 1 are counted separately, so that nothing cancels.
static double NAME(rest_of_exp)(size_t n, T shift, const T *x)
{
    double total = 0, lost = 0, ones = 0;
    T e[EXP_CHUNK];
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        _Pragma("clang fp reassociate(on)")
        const size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        NAME(exp_shifted)(length, shift, x + start, e);
        double sum = 0;
        UINT count = 0;
        for (size_t i = 0; i < length; i++) {
            sum += e[i] == 1 ? 0 : (double)e[i];
            count += e[i] == 1;
        }
        NAME(add_to)(&total, &lost, sum);
        ones += (double)count;
    }
    return NAME(total)(total, lost) + (ones - 1);
}

// ln Σ exp(x - shift), from e, which is exp(x - shift) of one element, and the sum of the rest. If that element is
// the largest, e = 1, the logarithm keeps its digits where it is nearly 0.
INLINE double NAME(log_of_sum)(double e, double rest)
{
    return e == 1 && rest < 1 ? LOG1P_IN_DOUBLE(rest) : LOG_IN_DOUBLE(e + rest);
}

// y = exp(x - shift) / Σ. Returns the sum without the element `apart`, and its exponential in *e.
static double NAME(softmax_of_row)(size_t n, size_t apart, T shift, const T *x, T *y, double *e)
{
    NAME(exp_shifted)(n, shift, x, y);
    double rest = NAME(sum_without)(n, apart, y);
    *e = (double)y[apart];
    T divisor = (T)(*e + rest);
    FOR_EACH(i, n) y[i] /= divisor;
    return rest;
}

// y = softmax x
static void NAME(exp_normalized)(size_t n, const T *x, T *y)
{
    NAME(exp_shifted)(n, NAME(maximum_of)(n, x), x, y);
    T divisor = (T)NAME(sum_in_double)(n, y);
    FOR_EACH(i, n) y[i] /= divisor;
}

static void NAME(softmax)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++, x += columns, y += columns) NAME(exp_normalized)(columns, x, y);
}

static void NAME(log_softmax)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t r = 0; r < rows && columns > 0; r++, x += columns, y += columns) {
        T shift = NAME(maximum_of)(columns, x), log_sum = (T)NAME(log_of_sum)(1, NAME(rest_of_exp)(columns, shift, x));
        FOR_EACH(i, columns) y[i] = (x[i] - shift) - log_sum;
    }
}
