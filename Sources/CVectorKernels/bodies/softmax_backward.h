// The backward forms of softmax and of its logarithm, and the softmax of causal attention.
#pragma once

#include "exponential.h"
#include "reductions.h"
#include "softmax.h"
#include "sums.h"

// Σ y (dy − shift), in double.
static double NAME(mean_of_shifted)(size_t n, double shift, const T *y, const T *dy)
{
    double total = 0, lost = 0;
    for (size_t start = 0; start < n; start += SUM_BLOCK) {
        _Pragma("clang fp reassociate(on)")
        size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
        double sum = 0;
        for (size_t i = start; i < end; i++) sum += (double)y[i] * ((double)dy[i] - shift);
        NAME(add_to)(&total, &lost, sum);
    }
    return NAME(total)(total, lost);
}

// A constant added to dy changes nothing, because Σ y = 1. The dy of the largest y is subtracted first: the rounding
// error of a y near 1 is then multiplied by 0, and a constant that all dy share vanishes.
static void NAME(softmax_backward)(size_t rows, size_t columns, const T *y, const T *dy, T *dx)
{
    for (size_t r = 0; r < rows && columns > 0; r++, y += columns, dy += columns, dx += columns) {
        const double shift = (double)dy[NAME(index_of_largest_share)(columns, y)];
        const double mean = NAME(mean_of_shifted)(columns, shift, y, dy);
        FOR_EACH(i, columns) dx[i] = (T)((double)y[i] * (((double)dy[i] - shift) - mean));
    }
}

// The index of the only y that may be nearly 0, the logarithm of a share above ½; n if there is none.
static size_t NAME(index_of_majority)(size_t n, const T *y)
{
    for (size_t start = 0; start < n; start += SEARCH_BLOCK) {
        const UINT length = (UINT)(n - start < SEARCH_BLOCK ? n - start : SEARCH_BLOCK);
        UINT first = length;
        for (UINT i = 0; i < length; i++) {
            UINT place = y[start + i] > (T)-0.6875 ? i : length;
            first = place < first ? place : first;
        }
        if (first < length) return start + first;
    }
    return n;
}

// For y near 0, dy − e^y Σ dy is −(e^y − 1) dy − e^y Σ′ dy with the sum over the rest.
static void NAME(log_softmax_backward)(size_t rows, size_t columns, const T *y, const T *dy, T *dx)
{
    for (size_t r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        const size_t major = NAME(index_of_majority)(columns, y);
        if (major == columns) {
            T sum = NAME(sum)(columns, dy);
            FOR_EACH(i, columns) dx[i] = dy[i] - NAME(exp_of)(y[i]) * sum;
            continue;
        }
        double own = (double)dy[major], rest = NAME(sum_without)(columns, major, dy);
        double shrunk = (double)NAME(expm1_of_negative)(y[major]);
        T sum = (T)(own + rest);
        FOR_EACH(i, columns) dx[i] = dy[i] - NAME(exp_of)(y[i]) * sum;
        dx[major] = (T)(-shrunk * own - (1 + shrunk) * rest);
    }
}

static void NAME(causal_softmax)(size_t matrices, size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t m = 0; m < matrices; m++) {
        for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
            size_t visible = r + 1 < columns ? r + 1 : columns;
            NAME(exp_normalized)(visible, x, y);
            FOR_EACH(i, columns - visible) y[visible + i] = 0;
        }
    }
}
