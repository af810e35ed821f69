// Reductions of an array to one number. The compiler vectorizes integer reductions; sums only where it may reassociate.
#pragma once

#include "scalar_bits.h"
#include "sums.h"

// The number of elements in the first of the two parts whose sums a pairwise sum adds.
INLINE size_t NAME(first_part)(size_t n)
{
    size_t first = n / (2 * SUM_BLOCK) * SUM_BLOCK + SUM_BLOCK;
    return first >= n ? SUM_BLOCK : first;
}

// Σ term of v = x[i], in double. Pairwise over blocks, and in the lanes of a vector within a block: the error grows
// with the block and with log n, not with n.
#define PAIRWISE_SUM(name, term)                                                       \
    static double NAME(name##_block)(size_t n, const T *x)                             \
    {                                                                                  \
        _Pragma("clang fp reassociate(on)")                                            \
        double sum = 0;                                                                \
        for (size_t i = 0; i < n; i++) { double v = (double)x[i]; sum += (term); }     \
        return sum;                                                                    \
    }                                                                                  \
    static double NAME(name)(size_t n, const T *x)                                     \
    {                                                                                  \
        if (n <= SUM_BLOCK) return NAME(name##_block)(n, x);                           \
        size_t first = NAME(first_part)(n);                                            \
        return NAME(name)(first, x) + NAME(name)(n - first, x + first);                \
    }

PAIRWISE_SUM(pairwise_sum, v)
PAIRWISE_SUM(pairwise_sum_scaled, v * SUM_SCALE)
PAIRWISE_SUM(sum_of_squares, v * v)

static double NAME(sum_in_double)(size_t n, const T *x)
{
    double sum = NAME(pairwise_sum)(n, x);
    return IS_FINITE(sum) ? sum : NAME(pairwise_sum_scaled)(n, x) / SUM_SCALE;
}

// Σ a b scale, in double, in blocks.
static double NAME(scaled_dot)(size_t n, double scale, const T *a, const T *b)
{
    double total = 0, lost = 0;
    for (size_t start = 0; start < n; start += SUM_BLOCK) {
        _Pragma("clang fp reassociate(on)")
        size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
        double sum = 0;
        for (size_t i = start; i < end; i++) sum += ((double)a[i] * scale) * (double)b[i];
        NAME(add_to)(&total, &lost, sum);
    }
    return NAME(total)(total, lost);
}

static double NAME(dot)(size_t n, const T *a, const T *b)
{
    double dot = NAME(scaled_dot)(n, 1, a, b);
    return IS_FINITE(dot) ? dot : NAME(scaled_dot)(n, SUM_SCALE, a, b) / SUM_SCALE;
}

static void NAME(update_squares)(size_t n, const T *p, const T *g, const T *q, double *sums)
{
    if (n <= SUM_BLOCK) {
        T change[SUM_BLOCK];
        for (size_t i = 0; i < n; i++) change[i] = q[i] - p[i];
        sums[0] = NAME(sum_of_squares_block)(n, p);
        sums[1] = g ? NAME(sum_of_squares_block)(n, g) : 0;
        sums[2] = NAME(sum_of_squares_block)(n, change);
        return;
    }
    size_t first = NAME(first_part)(n);
    double rest[3];
    NAME(update_squares)(first, p, g, q, sums);
    NAME(update_squares)(n - first, p + first, g ? g + first : g, q + first, rest);
    for (size_t k = 0; k < 3; k++) sums[k] += rest[k];
}

// sums = Σ x², Σ y², Σ x y of a block.
INLINE void NAME(block_products)(size_t n, const T *x, const T *y, double *sums)
{
    _Pragma("clang fp reassociate(on)")
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
    sums[0] = NAME(sum_of_squares_block)(n, x);
    sums[1] = NAME(sum_of_squares_block)(n, y);
    sums[2] = sum;
}

// The products of the blocks are added from the first to the last, as in dot.
static void NAME(scaled_part)(size_t n, T s, T t, const T *a, const T *b, double *sums, double *total, double *lost)
{
    if (n <= SUM_BLOCK) {
        double block[3];
        if (s == 1 && t == 1) {  // a division takes longer than all else
            NAME(block_products)(n, a, b, block);
        } else {
            T x[SUM_BLOCK], y[SUM_BLOCK];
            for (size_t i = 0; i < n; i++) { x[i] = a[i] / s; y[i] = b[i] / t; }
            NAME(block_products)(n, x, y, block);
        }
        NAME(add_to)(total, lost, block[2]);
        sums[0] = block[0];
        sums[1] = block[1];
        return;
    }
    size_t first = NAME(first_part)(n);
    double rest[2];
    NAME(scaled_part)(first, s, t, a, b, sums, total, lost);
    NAME(scaled_part)(n - first, s, t, a + first, b + first, rest, total, lost);
    for (size_t k = 0; k < 2; k++) sums[k] += rest[k];
}

static void NAME(scaled_products)(size_t n, T s, T t, const T *a, const T *b, double *sums)
{
    double total = 0, lost = 0;
    NAME(scaled_part)(n, s, t, a, b, sums, &total, &lost);
    sums[2] = NAME(total)(total, lost);
}

static T NAME(sum)(size_t n, const T *x) { return (T)NAME(sum_in_double)(n, x); }

// The order of floating-point numbers as the order of integers: −∞ … −0 < +0 … +∞. It is its own inverse.
INLINE INT NAME(order)(INT bits) { return bits ^ (INT)((UINT)(bits >> (8 * sizeof(T) - 1)) >> 1); }

#define LARGEST_INT ((INT)~SIGN_BIT)  // the bits of a NaN, and so are those of its opposite

static T NAME(maximum_of)(size_t n, const T *x)
{
    INT best = NAME(order)((INT)NAME(bits)(-INFINITE));
    for (size_t i = 0; i < n; i++) {
        INT key = x[i] != x[i] ? LARGEST_INT : NAME(order)((INT)NAME(bits)(x[i]));
        best = key > best ? key : best;
    }
    return NAME(from_bits)((UINT)NAME(order)(best));
}

static T NAME(minimum_of)(size_t n, const T *x)
{
    INT best = NAME(order)((INT)NAME(bits)(INFINITE));
    for (size_t i = 0; i < n; i++) {
        INT key = x[i] != x[i] ? -LARGEST_INT - 1 : NAME(order)((INT)NAME(bits)(x[i]));
        best = key < best ? key : best;
    }
    return NAME(from_bits)((UINT)NAME(order)(best));
}

// The bits of magnitudes have the order of the magnitudes, with NaN above ∞.
static T NAME(max_magnitude)(size_t n, const T *x)
{
    INT best = 0;
    for (size_t i = 0; i < n; i++) {
        INT key = (INT)(NAME(bits)(x[i]) & ~SIGN_BIT);
        best = key > best ? key : best;
    }
    return NAME(from_bits)((UINT)best);
}

static size_t NAME(nonfinite_count)(size_t n, const T *x)
{
    size_t total = 0;
    for (size_t start = 0; start < n; start += 4096) {  // a counter as wide as T vectorizes without widening
        size_t length = n - start < 4096 ? n - start : 4096;
        UINT count = 0;
        for (size_t i = 0; i < length; i++) count += (NAME(bits)(x[start + i]) & EXPONENT_MASK) == EXPONENT_MASK;
        total += count;
    }
    return total;
}

// The first index of the largest key of v = x[i], where NaN has the largest key; `largest` is the element of that key as an
// expression of `best`. Integers compare as fast as they add, and with the search after the maximum, both loops vectorize. 0
// if n is 0.
#define SEARCH_BLOCK 256
#define INDEX_OF_LARGEST(name, key, largest)                                           \
    static size_t NAME(name)(size_t n, const T *x)                                     \
    {                                                                                  \
        INT best = -LARGEST_INT - 1;                                                   \
        if (n < 16) {                                                                  \
            size_t index = 0;                                                          \
            for (size_t i = 0; i < n; i++) {                                           \
                T v = x[i];                                                            \
                INT k = (key);                                                         \
                index = __builtin_unpredictable(k > best) ? i : index;                 \
                best = k > best ? k : best;                                            \
            }                                                                          \
            return index;                                                              \
        }                                                                              \
        for (size_t i = 0; i < n; i++) {                                               \
            T v = x[i];                                                                \
            INT k = (key);                                                             \
            best = k > best ? k : best;                                                \
        }                                                                              \
        const T top = NAME(from_bits)((UINT)(largest));                                \
        for (size_t start = 0; start < n; start += SEARCH_BLOCK) {                     \
            const UINT length = (UINT)(n - start < SEARCH_BLOCK ? n - start : SEARCH_BLOCK); \
            UINT first = length;                                                       \
            for (UINT i = 0; i < length; i++) {                                        \
                T v = x[start + i];                                                    \
                UINT hit = (v == top) | (v != v), place = hit ? i : length;            \
                first = place < first ? place : first;                                 \
            }                                                                          \
            if (first < length) return start + first;                                  \
        }                                                                              \
        return 0;                                                                      \
    }

// −0 + 0 is +0, so that both zeros are equal.
INDEX_OF_LARGEST(index_of_maximum, v != v ? LARGEST_INT : NAME(order)((INT)NAME(bits)(v + 0)), NAME(order)(best))
// For numbers without a sign, whose bits have their order.
INDEX_OF_LARGEST(index_of_largest_share, (INT)NAME(bits)(v), best)
