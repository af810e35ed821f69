// Transposition in tiles of 4 × 4 elements, which stay in registers; bands of columns keep the lines of y in the cache.
#pragma once

#include "declarations.h"

#define TRANSPOSE_BAND 16

typedef T NAME(Quad) __attribute__((vector_size(4 * sizeof(T)), aligned(sizeof(T)), may_alias));

INLINE void NAME(transpose_4x4)(const T *x, size_t x_stride, T *y, size_t y_stride)
{
    NAME(Quad) r0 = *(const NAME(Quad) *)x, r1 = *(const NAME(Quad) *)(x + x_stride);
    NAME(Quad) r2 = *(const NAME(Quad) *)(x + 2 * x_stride), r3 = *(const NAME(Quad) *)(x + 3 * x_stride);
    NAME(Quad) even01 = __builtin_shufflevector(r0, r1, 0, 4, 2, 6), odd01 = __builtin_shufflevector(r0, r1, 1, 5, 3, 7);
    NAME(Quad) even23 = __builtin_shufflevector(r2, r3, 0, 4, 2, 6), odd23 = __builtin_shufflevector(r2, r3, 1, 5, 3, 7);
    *(NAME(Quad) *)y = __builtin_shufflevector(even01, even23, 0, 1, 4, 5);
    *(NAME(Quad) *)(y + y_stride) = __builtin_shufflevector(odd01, odd23, 0, 1, 4, 5);
    *(NAME(Quad) *)(y + 2 * y_stride) = __builtin_shufflevector(even01, even23, 2, 3, 6, 7);
    *(NAME(Quad) *)(y + 3 * y_stride) = __builtin_shufflevector(odd01, odd23, 2, 3, 6, 7);
}

static void NAME(transpose)(size_t rows, size_t columns, const T *x, size_t x_stride, T *y, size_t y_stride)
{
    for (size_t start = 0; start < columns; start += TRANSPOSE_BAND) {
        size_t end = columns - start < TRANSPOSE_BAND ? columns : start + TRANSPOSE_BAND;
        size_t r = 0;
        for (; r + 4 <= rows; r += 4) {
            size_t c = start;
            for (; c + 4 <= end; c += 4) {
                NAME(transpose_4x4)(x + r * x_stride + c, x_stride, y + c * y_stride + r, y_stride);
            }
            for (; c < end; c++) {
                for (size_t i = r; i < r + 4; i++) y[c * y_stride + i] = x[i * x_stride + c];
            }
        }
        for (; r < rows; r++) {
            for (size_t c = start; c < end; c++) y[c * y_stride + r] = x[r * x_stride + c];
        }
    }
}
