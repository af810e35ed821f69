// Layer normalization: each row of a matrix has its own mean and deviation.
//
// A row of floats takes two passes: one for its sums, in double, and one for the result, in single precision about a mean
// in two parts. A row whose numbers are extreme, and a row of doubles, takes the steps of channels.h one after the other.
#pragma once

#include "channels.h"
#include "elementwise.h"

// Whether a double holds the squares of T and more digits than their sums need.
#define SUMS_ARE_WIDE (sizeof(T) < sizeof(double))
// The bounds of variances and mean squares between which single precision neither overflows nor loses small numbers.
#define LEAST_SQUARE 0x1p-200
#define LARGEST_SQUARE 0x1p200
// The number of rows whose sums over rows are formed together.
#define NORM_ROWS 4

// What x̂ is computed from, for one row.
typedef struct {
    double mean, rest, scale, inverse;
} NAME(row_statistics);

// One pass about the first element. It is at most √n deviations from the mean, so the difference of the two squares keeps all
// digits but log₂ n of those of a double.
INLINE int NAME(normalize_plain_row)(size_t n, double epsilon, const T *weight, const T *bias, const T *x, T *y,
                                     NAME(row_statistics) *statistics)
{
    if (!SUMS_ARE_WIDE || n == 0 || n > 0x10000) return 0;
    const double pivot = (double)x[0];
    double sum = 0, squares = 0;
    {
        _Pragma("clang fp reassociate(on)")
        for (size_t i = 0; i < n; i++) {
            double d = (double)x[i] - pivot;
            sum += d;
            squares += d * d;
        }
    }
    const double shift = sum / (double)n, variance = squares / (double)n - shift * shift;
    if (!(variance > LEAST_SQUARE && variance < LARGEST_SQUARE)) return 0;
    const double mean = pivot + shift, inverse = 1 / __builtin_elementwise_sqrt(variance + epsilon);
    const T high = (T)mean, low = (T)(mean - (double)high), factor = (T)inverse;
    FOR_EACH(i, n) y[i] = ((x[i] - high) - low) * factor * weight[i] + bias[i];
    *statistics = (NAME(row_statistics)){mean, 0, 1, inverse};
    return 1;
}

// 1/√(a² + b²), where neither square leaves the range of a double.
INLINE double NAME(inverse_hypotenuse)(double a, double b)
{
    double larger = a > b ? a : b, smaller = a > b ? b : a, ratio = smaller / larger;
    return 1 / (larger * __builtin_elementwise_sqrt(1 + ratio * ratio));
}

// y = x̂, which may be x.
static void NAME(standardize_row)(size_t n, NAME(row_statistics) s, const T *x, T *y)
{
    // The factor of a constant row, whose deviations are 0, may be infinite.
    double factor = s.inverse / s.scale;
    if (factor > __DBL_MAX__) factor = __DBL_MAX__;
    NAME(channel_standardize)(1, 1, n, n, &s.mean, &s.rest, &s.scale, &factor, x, y);
}

static NAME(row_statistics) NAME(normalize_extreme_row)(size_t n, double epsilon, const T *weight, const T *bias, const T *x,
                                                        T *y)
{
    NAME(row_statistics) s;
    double variance;
    NAME(channel_moments)(1, 1, n, n, x, &s.mean, &s.rest, &s.scale, &variance);
    double deviation = __builtin_elementwise_sqrt(variance) / s.scale;
    s.inverse = NAME(inverse_hypotenuse)(deviation, __builtin_elementwise_sqrt(epsilon));
    NAME(standardize_row)(n, s, x, y);
    FOR_EACH(i, n) y[i] = y[i] * weight[i] + bias[i];
    return s;
}

static void NAME(layer_norm)(size_t rows, size_t columns, double epsilon, const T *weight, const T *bias, const T *x, T *y,
                             double *mean, double *rest, double *scale, double *inverse)
{
    for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
        NAME(row_statistics) s;
        if (!NAME(normalize_plain_row)(columns, epsilon, weight, bias, x, y, &s))
            s = NAME(normalize_extreme_row)(columns, epsilon, weight, bias, x, y);
        mean[r] = s.mean;
        rest[r] = s.rest;
        scale[r] = s.scale;
        inverse[r] = s.inverse;
    }
}

// dx of one row, whose x̂ is in `row`.
static void NAME(layer_norm_row_backward)(size_t n, const T *weight, double inverse, const T *dy, const T *row, T *dx)
{
    double mean, rest, scale, dot;
    NAME(multiply)(n, weight, dy, dx);
    NAME(channel_moments)(1, 1, n, n, dx, &mean, &rest, &scale, NULL);
    mean /= scale;
    rest /= scale;
    // x̂ sums to 0, so g is taken about its mean in the products too.
    const double center = mean + rest;
    NAME(channel_dots)(1, 1, n, n, &center, dx, row, &dot);
    dot /= (double)n;
    NAME(channel_residuals)(1, 1, n, n, &mean, &rest, &dot, &inverse, dx, row, dx);
}

// Adds a term of a sum over rows. Doubles need not keep what they round away of sums of floats.
INLINE void NAME(add_to_column)(double *sum, double *lost, double term)
{
    if (SUMS_ARE_WIDE)
        *sum += term;
    else
        NAME(add_to)(sum, lost, term);
}

static void NAME(extreme_row_backward)(size_t n, const T *weight, NAME(row_statistics) s, const T *x, const T *dy, T *row,
                                       T *dx, double *sums)
{
    NAME(standardize_row)(n, s, x, row);
    FOR_EACH(i, n)
    {
        NAME(add_to_column)(&sums[i], &sums[n + i], (double)dy[i] * (double)row[i]);
        NAME(add_to_column)(&sums[2 * n + i], &sums[3 * n + i], (double)dy[i]);
    }
    NAME(layer_norm_row_backward)(n, weight, s.inverse, dy, row, dx);
}

// `count` rows, at most NORM_ROWS, unless one of them has an extreme deviation. One pass forms the sums along the rows and
// over them, the other dx.
INLINE int NAME(plain_rows_backward)(size_t count, size_t n, const T *weight, const NAME(row_statistics) *s, const T *x,
                                     const T *dy, T *row, T *dx, double *sums)
{
    double mean[NORM_ROWS], inverse[NORM_ROWS], sum[NORM_ROWS], squares[NORM_ROWS], products[NORM_ROWS];
    if (!SUMS_ARE_WIDE || n == 0) return 0;
    for (size_t r = 0; r < count; r++) {
        inverse[r] = s[r].inverse;
        if (!(inverse[r] * inverse[r] > 1 / LARGEST_SQUARE)) return 0;
        mean[r] = s[r].mean;
        sum[r] = squares[r] = products[r] = 0;
    }
    {
        _Pragma("clang fp reassociate(on)")
        FOR_EACH(i, n)
        {
            double of_weight = 0, of_bias = 0;
            UNROLLED for (size_t r = 0; r < count; r++) {
                // In double, the deviations sum to 0, so that a mean of g far from 0 drops out of the products.
                const double d = (double)x[r * n + i] - mean[r], v = (double)dy[r * n + i];
                const double product = d * v, g = v * (double)weight[i];
                sum[r] += g;
                squares[r] += g * g;
                products[r] += product * (double)weight[i];
                of_weight += product * inverse[r];
                of_bias += v;
            }
            sums[i] += of_weight;
            sums[2 * n + i] += of_bias;
        }
    }
    for (size_t r = 0; r < count; r++, x += n, dy += n, dx += n) {
        if (!(squares[r] < LARGEST_SQUARE && (squares[r] > LEAST_SQUARE || squares[r] == 0))) {
            NAME(standardize_row)(n, s[r], x, row);
            NAME(layer_norm_row_backward)(n, weight, inverse[r], dy, row, dx);
            continue;
        }
        const double mean_of_g = sum[r] / (double)n;
        const T g_high = (T)mean_of_g, g_low = (T)(mean_of_g - (double)g_high);
        const T x_high = (T)mean[r], x_low = (T)(mean[r] - (double)x_high), factor = (T)inverse[r];
        const T slope = (T)(products[r] * inverse[r] / (double)n);
        FOR_EACH(i, n)
        {
            const T normalized = ((x[i] - x_high) - x_low) * factor;
            dx[i] = (((dy[i] * weight[i] - g_high) - g_low) - normalized * slope) * factor;
        }
    }
    return 1;
}

static void NAME(layer_norm_backward)(size_t rows, size_t columns, const T *weight, const double *mean, const double *rest,
                                      const double *scale, const double *inverse, const T *x, const T *dy, T *row, T *dx,
                                      double *sums)
{
    const size_t n = columns;
    for (size_t first = 0, count; first < rows; first += count, x += count * n, dy += count * n, dx += count * n) {
        NAME(row_statistics) s[NORM_ROWS];
        count = rows - first < NORM_ROWS ? 1 : NORM_ROWS;
        for (size_t r = 0; r < count; r++)
            s[r] = (NAME(row_statistics)){mean[first + r], rest[first + r], scale[first + r], inverse[first + r]};
        if (count == 1 ? NAME(plain_rows_backward)(1, n, weight, s, x, dy, row, dx, sums)
                       : NAME(plain_rows_backward)(NORM_ROWS, n, weight, s, x, dy, row, dx, sums))
            continue;
        for (size_t r = 0; r < count; r++)
            NAME(extreme_row_backward)(n, weight, s[r], x + r * n, dy + r * n, row, dx + r * n, sums);
    }
    // What an infinite sum has rounded away is NaN.
    FOR_EACH(i, n) sums[n + i] = sums[n + i] != sums[n + i] ? 0 : sums[n + i];
    FOR_EACH(i, n) sums[3 * n + i] = sums[3 * n + i] != sums[3 * n + i] ? 0 : sums[3 * n + i];
}
