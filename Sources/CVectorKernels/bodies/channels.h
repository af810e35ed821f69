// Arrays [outer, channels, inner] with one number for each channel. With inner = 1 the inner loop runs over the
// channels, otherwise over inner: it is contiguous in either case.
#pragma once

#include "scalar_bits.h"
#include "sums.h"

// total[c - first] = Σ term in double for `width` channels from `first`, at most COLUMN_TILE; term reads the elements u and v
// of a and b and the mean m of channel c. Blocks of terms are summed in order and added to a running total.
#define CHANNEL_SUM(name, term)                                                                              \
    static double NAME(name##_of_run)(size_t n, double m, const T *a, const T *b)                            \
    {                                                                                                        \
        _Pragma("clang fp reassociate(on)")                                                                  \
        double sum = 0;                                                                                      \
        (void)m;                                                                                             \
        for (size_t i = 0; i < n; i++) { double u = (double)a[i], v = (double)b[i]; (void)v; sum += (term); } \
        return sum;                                                                                          \
    }                                                                                                        \
    static void NAME(name##_of_columns)(size_t rows, size_t stride, size_t width, const double *mean,        \
                                        const T *a, const T *b, double *total)                               \
    {                                                                                                        \
        double lost[COLUMN_TILE], block[COLUMN_TILE];                                                        \
        FOR_EACH(c, width) total[c] = lost[c] = 0;                                                           \
        for (size_t start = 0; start < rows; start += ROW_BLOCK) {                                           \
            size_t end = rows - start < ROW_BLOCK ? rows : start + ROW_BLOCK;                                \
            FOR_EACH(c, width) block[c] = 0;                                                                 \
            for (size_t r = start; r < end; r++) {                                                           \
                FOR_EACH(c, width)                                                                           \
                {                                                                                            \
                    double m = mean[c], u = (double)a[r * stride + c], v = (double)b[r * stride + c];        \
                    (void)m, (void)v;                                                                        \
                    block[c] += (term);                                                                      \
                }                                                                                            \
            }                                                                                                \
            FOR_EACH(c, width) NAME(add_to)(&total[c], &lost[c], block[c]);                                  \
        }                                                                                                    \
        FOR_EACH(c, width) total[c] = NAME(total)(total[c], lost[c]);                                        \
    }                                                                                                        \
    static void NAME(name)(size_t outer, size_t inner, size_t stride, size_t first, size_t width,            \
                           const double *mean, const T *a, const T *b, double *total)                        \
    {                                                                                                        \
        if (inner == 1) {                                                                                    \
            NAME(name##_of_columns)(outer, stride, width, mean, a + first, b + first, total);                \
            return;                                                                                          \
        }                                                                                                    \
        for (size_t c = 0; c < width; c++) {                                                                 \
            double lost = 0;                                                                                 \
            total[c] = 0;                                                                                    \
            for (size_t o = 0; o < outer; o++) {                                                             \
                const size_t start = o * stride + (first + c) * inner;                                       \
                for (size_t i = 0, length; i < inner; i += length) {                                         \
                    length = inner - i < SUM_BLOCK ? inner - i : SUM_BLOCK;                                  \
                    double sum = NAME(name##_of_run)(length, mean[c], a + start + i, b + start + i);         \
                    NAME(add_to)(&total[c], &lost, sum);                                                     \
                }                                                                                            \
            }                                                                                                \
            total[c] = NAME(total)(total[c], lost);                                                          \
        }                                                                                                    \
    }

CHANNEL_SUM(sums, u)
CHANNEL_SUM(dots, (u - m) * v)
CHANNEL_SUM(deviations, u - m)
CHANNEL_SUM(squared_deviations, (u - m) * (u - m))

// The indices of one channel's elements.
#define FOR_EACH_OF_CHANNEL(place, outer, inner, stride, c)         \
    for (size_t sample = 0; sample < (outer); sample++)             \
        for (size_t place = sample * (stride) + (c) * (inner), end = place + (inner); place < end; place++)

static const double NAME(no_mean)[COLUMN_TILE] = {0};

static void NAME(channel_sums)(size_t outer, size_t channels, size_t inner, size_t stride, const T *x, T *y)
{
    FOR_EACH_TILE(first, width, channels)
    {
        double total[COLUMN_TILE];
        NAME(sums)(outer, inner, stride, first, width, NAME(no_mean), x, x, total);
        for (size_t c = 0; c < width; c++) {
            if (!IS_FINITE(total[c])) {  // a partial sum may have overflowed
                double lost = 0;
                total[c] = 0;
                FOR_EACH_OF_CHANNEL(i, outer, inner, stride, first + c)
                {
                    NAME(add_to)(&total[c], &lost, (double)x[i] * SUM_SCALE);
                }
                total[c] = NAME(total)(total[c], lost) / SUM_SCALE;
            }
            y[first + c] = (T)total[c];
        }
    }
}

static void NAME(channel_dots)(size_t outer, size_t channels, size_t inner, size_t stride, const double *mean, const T *a,
                               const T *b, double *y)
{
    FOR_EACH_TILE(first, width, channels)
    {
        NAME(dots)(outer, inner, stride, first, width, mean ? mean + first : NAME(no_mean), a, b, y + first);
    }
}

// The moments of one channel whose squares, or sums, leave the range of double: those of x scale, with a power of two that
// brings the largest |x| near 1. Changes nothing if an element is not finite or if all are 0.
static void NAME(scaled_moments)(size_t outer, size_t inner, size_t stride, size_t c, const T *x,
                                 double *mean, double *rest, double *scale, double *variance)
{
    const double count = (double)outer * (double)inner;
    double largest = 0, sum = 0, lost = 0, squares = 0, squares_lost = 0;
    FOR_EACH_OF_CHANNEL(i, outer, inner, stride, c)
    {
        double a = (double)NAME(magnitude)(x[i]);
        largest = a > largest || a != a ? a : largest;
    }
    if (largest == 0 || !IS_FINITE(largest)) return;
    double exact = 1;
    while (largest * exact > 2 && exact > 0x1p-1020) exact /= 2;
    while (largest * exact < 1 && exact < 0x1p1000) exact *= 2;
    FOR_EACH_OF_CHANNEL(i, outer, inner, stride, c) NAME(add_to)(&sum, &lost, (double)x[i] * exact);
    *mean = NAME(total)(sum, lost) / count;
    sum = lost = 0;
    FOR_EACH_OF_CHANNEL(i, outer, inner, stride, c)
    {
        double deviation = (double)x[i] * exact - *mean;
        NAME(add_to)(&sum, &lost, deviation);
        NAME(add_to)(&squares, &squares_lost, deviation * deviation);
    }
    *rest = NAME(total)(sum, lost) / count;
    *scale = exact;
    if (variance) *variance = NAME(total)(squares, squares_lost) / count - *rest * *rest;
}

// Two passes, the second about the mean of the first, which needs a correction where a double cannot hold the mean: Chan,
// Golub and LeVeque, "Algorithms for computing the sample variance", The American Statistician 37 (1983).
static void NAME(channel_moments)(size_t outer, size_t channels, size_t inner, size_t stride, const T *x,
                                  double *mean, double *rest, double *scale, double *variance)
{
    const double count = (double)outer * (double)inner, low = 0x1p-960, high = 0x1p960;
    const int wide = sizeof(T) < sizeof(double);  // then a double holds every square
    FOR_EACH_TILE(first, width, channels)
    {
        double *m = mean + first, *r = rest + first, *s = scale + first, *v = variance ? variance + first : NULL;
        NAME(sums)(outer, inner, stride, first, width, NAME(no_mean), x, x, m);
        FOR_EACH(c, width) m[c] /= count;
        FOR_EACH(c, width) s[c] = 1;
        FOR_EACH(c, width) r[c] = 0;
        if (!wide) {
            NAME(deviations)(outer, inner, stride, first, width, m, x, x, r);
            FOR_EACH(c, width) r[c] = IS_FINITE(m[c]) ? r[c] / count : 0;
        }
        if (v) {
            NAME(squared_deviations)(outer, inner, stride, first, width, m, x, x, v);
            FOR_EACH(c, width) v[c] = v[c] / count - r[c] * r[c];
            FOR_EACH(c, width) v[c] = v[c] < 0 ? 0 : v[c];
        }
        for (size_t c = 0; c < width && !wide; c++) {
            double a = m[c] < 0 ? -m[c] : m[c];
            int constant = v && v[c] == 0 && a > 0x1p-480 && a < 0x1p480;  // no deviation from such a mean has the square 0
            if (IS_FINITE(m[c]) && IS_FINITE(r[c]) && (!v || constant || (v[c] > low && v[c] < high))) continue;
            NAME(scaled_moments)(outer, inner, stride, first + c, x, m + c, r + c, s + c, v ? v + c : NULL);
        }
    }
}

// y[i] = expression, which reads element i and what `numbers` declares of channel c.
#define CHANNEL_MAP(name, parameters, numbers, expression)                                                   \
    static void NAME(name) parameters                                                                        \
    {                                                                                                        \
        for (size_t o = 0; o < outer; o++) {                                                                 \
            size_t start = o * stride;                                                                       \
            if (inner == 1) {                                                                                \
                FOR_EACH(c, channels) { numbers; size_t i = start + c; y[i] = (expression); }                \
                continue;                                                                                    \
            }                                                                                                \
            for (size_t c = 0; c < channels; c++, start += inner) {                                          \
                numbers;                                                                                     \
                FOR_EACH(j, inner) { size_t i = start + j; y[i] = (expression); }                            \
            }                                                                                                \
        }                                                                                                    \
    }

// In double, because x and the mean may be close to each other. Where T is narrower, `rest` is
// 0 and `scale` 1.
#define STANDARDIZED(x) ((T)((sizeof(T) < sizeof(double) ? (double)(x) - m : ((double)(x) * s - m) - r) * f))

CHANNEL_MAP(channel_standardize,
            (size_t outer, size_t channels, size_t inner, size_t stride, const double *mean, const double *rest,
             const double *scale, const double *factor, const T *x, T *y),
            const double m = mean[c]; const double r = rest[c]; const double s = scale[c]; const double f = factor[c],
            STANDARDIZED(x[i]))
CHANNEL_MAP(channel_affine,
            (size_t outer, size_t channels, size_t inner, size_t stride, const T *scale, const T *shift, const T *x, T *y),
            const T s = scale[c]; const T t = shift[c], x[i] * s + t)
// In double for the same reason: a may be far from 0 and near its mean.
CHANNEL_MAP(channel_residuals,
            (size_t outer, size_t channels, size_t inner, size_t stride, const double *mean, const double *rest,
             const double *slope, const double *factor, const T *a, const T *b, T *y),
            const double m = mean[c]; const double r = rest[c]; const double s = slope[c]; const double f = factor[c],
            (T)((((double)a[i] - m) - r - (double)b[i] * s) * f))
