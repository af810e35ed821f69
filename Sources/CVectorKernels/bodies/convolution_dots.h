// The gradient with respect to the weights of a convolution with few output channels, as in depthwise convolutions: the
// windows are the lanes of a vector.
#pragma once

#include "convolution_weights.h"

#define DOT_ROWS 9

typedef INT NAME(Bits) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));

// sums[r] += Σ over a region of the image, shifted by shifts[r], times ȳ of one channel. The end of a row goes through a
// buffer, and products beyond it are masked out, because the image has other elements there.
INLINE void NAME(window_dots)(size_t rows, const NAME(WeightProduct) *product, NAME(Region) region, const int64_t *shifts,
                              double *sums)
{
    NAME(Vector) s[DOT_ROWS] = {0};
    const size_t count = region.p_end - region.p_first, whole = count - count % LANES;
    NAME(Bits) inside = {0};
    for (size_t lane = 0; lane < LANES; lane++) inside[lane] = lane < count - whole ? -1 : 0;
    for (size_t o = region.o_first; o < region.o_end; o++) {
        const T *a[DOT_ROWS], *b = product->gradient + o * product->w->output_width + region.p_first;
        const T *image = product->image + o * product->columns + region.p_first;
        UNROLLED for (size_t r = 0; r < rows; r++) a[r] = image + shifts[r];
        for (size_t p = 0; p < whole; p += LANES) {
            const NAME(Vector) g = *(const NAME(Vector) *)(b + p);
            UNROLLED for (size_t r = 0; r < rows; r++) s[r] += *(const NAME(Vector) *)(a[r] + p) * g;
        }
        if (whole == count) continue;
        T rest[LANES] = {0};
        memcpy(rest, b + whole, (count - whole) * sizeof(T));
        const NAME(Vector) g = *(const NAME(Vector) *)rest;
        UNROLLED for (size_t r = 0; r < rows; r++) {
            const NAME(Vector) products = *(const NAME(Vector) *)(a[r] + whole) * g;
            s[r] += (NAME(Vector))((NAME(Bits))products & inside);
        }
    }
    UNROLLED for (size_t r = 0; r < rows; r++) {
        for (size_t lane = 0; lane < LANES; lane++) sums[r] += (double)s[r][lane];
    }
}

typedef void (*NAME(WindowDots))(const NAME(WeightProduct) *, NAME(Region), const int64_t *, double *);

#define WINDOW_DOTS(rows)                                                                                         \
    static void NAME(window_dots_##rows)(const NAME(WeightProduct) *product, NAME(Region) region,                 \
                                         const int64_t *shifts, double *sums)                                     \
    {                                                                                                             \
        NAME(window_dots)(rows, product, region, shifts, sums);                                                   \
    }

WINDOW_DOTS(1) WINDOW_DOTS(2) WINDOW_DOTS(3) WINDOW_DOTS(4) WINDOW_DOTS(5) WINDOW_DOTS(6)
WINDOW_DOTS(7) WINDOW_DOTS(8) WINDOW_DOTS(9)

static const NAME(WindowDots) NAME(window_dots_of_rows)[DOT_ROWS + 1] = {
    0, NAME(window_dots_1), NAME(window_dots_2), NAME(window_dots_3), NAME(window_dots_4), NAME(window_dots_5),
    NAME(window_dots_6), NAME(window_dots_7), NAME(window_dots_8), NAME(window_dots_9),
};

static void NAME(convolution_dots)(size_t n, size_t k, const backflow_windows *w, const int64_t *shifts, const T *image,
                                   const T *gradient, T *c)
{
    const size_t outputs = w->output_height * w->output_width, tiles = (k + DOT_ROWS - 1) / DOT_ROWS;
    NAME(WeightProduct) product = {w, NAME(lattice)(w).columns, 0, outputs, n, image, 0, 0};
    for (size_t j = 0; j < n; j++, gradient += outputs) {
        product.gradient = gradient;
        for (size_t t = 0, i = 0, rows; t < tiles; t++, i += rows) {
            rows = (k - i) / (tiles - t);
            double sums[DOT_ROWS] = {0};
            FOR_EACH_REGION(w, 1, LANES * DEPTH_BLOCK, region,
                NAME(window_dots_of_rows)[rows](&product, region, shifts + i, sums));
            for (size_t r = 0; r < rows; r++) c[(i + r) * n + j] = (T)sums[r];
        }
    }
}
