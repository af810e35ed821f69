// The gradient with respect to the weights of a convolution, C[k, o] = Σ over the windows of the image, shifted by shifts[k],
// times ȳ[o]. The output channels are the lanes of a vector.
#pragma once

#include "convolution.h"

// Windows of samples n_first ..< n_end, o_first ..< o_end by p_first ..< p_end, whose products are summed in registers.
typedef struct {
    size_t n_first, n_end, o_first, o_end, p_first, p_end;
} NAME(Region);

// The largest extent of a part of about equal parts of `count`, none of them much longer than `most`.
INLINE size_t NAME(part)(size_t count, size_t most)
{
    const size_t parts = count < 2 * most ? 1 : count / most;
    return (count + parts - 1) / parts;
}

INLINE size_t NAME(least)(size_t a, size_t b) { return a < b ? a : b; }

// Runs the statements for regions of about `most` windows, less than twice as many: parts of rows, rows, or samples.
#define FOR_EACH_REGION(w, samples, most, region, ...)                                                               \
    do {                                                                                                             \
        const size_t high = (w)->output_height, wide = NAME(part)((w)->output_width, most);                          \
        const size_t tall = NAME(part)(high, ((most) + wide - 1) / wide);                                            \
        const size_t deep = tall < high || wide < (w)->output_width ? 1 : ((most) + high * wide - 1) / (high * wide); \
        for (size_t n = 0; n < (samples); n += deep) {                                                               \
            for (size_t o = 0; o < high; o += tall) {                                                                \
                for (size_t p = 0; p < (w)->output_width; p += wide) {                                               \
                    const NAME(Region) region = {n, NAME(least)(n + deep, samples), o, NAME(least)(o + tall, high),  \
                                                 p, NAME(least)(p + wide, (w)->output_width)};                       \
                    __VA_ARGS__;                                                                                     \
                }                                                                                                    \
            }                                                                                                        \
        }                                                                                                            \
    } while (0)

// The arguments of a tile. Images and gradients of consecutive samples start their strides apart.
typedef struct {
    const backflow_windows *w;
    size_t columns, image_stride, gradient_stride, c_stride;
    const T *image, *gradient;
    int accumulate;
} NAME(WeightProduct);

// A few rows of C by one panel of output channels; the gradient is ȳᵀ in the layout of `pack`.
INLINE void NAME(weight_tile)(size_t rows, const NAME(WeightProduct) *product, NAME(Region) region, const int64_t *shifts, T *c)
{
    NAME(Vector) sums[TILE_ROWS][2] = {0};
    for (size_t n = region.n_first; n < region.n_end; n++) {
        for (size_t o = region.o_first; o < region.o_end; o++) {
            const size_t window = o * product->w->output_width + region.p_first;
            const T *image = product->image + n * product->image_stride + o * product->columns + region.p_first;
            const T *a[TILE_ROWS], *b = product->gradient + n * product->gradient_stride + window * PANEL;
            UNROLLED for (size_t r = 0; r < rows; r++) a[r] = image + shifts[r];
            for (size_t p = 0, count = region.p_end - region.p_first; p < count; p++, b += PANEL) {
                const NAME(Vector) low = *(const NAME(Vector) *)b, high = *(const NAME(Vector) *)(b + LANES);
                UNROLLED for (size_t r = 0; r < rows; r++) {
                    sums[r][0] += low * a[r][p];
                    sums[r][1] += high * a[r][p];
                }
            }
        }
    }
    UNROLLED for (size_t r = 0; r < rows; r++, c += product->c_stride) {
        UNROLLED for (size_t v = 0; v < 2; v++) {
            NAME(Vector) *out = (NAME(Vector) *)(c + v * LANES);
            *out = product->accumulate ? *out + sums[r][v] : sums[r][v];
        }
    }
}

typedef void (*NAME(WeightTile))(const NAME(WeightProduct) *, NAME(Region), const int64_t *, T *);

#define WEIGHT_TILE(rows)                                                                                         \
    static void NAME(weight_tile_##rows)(const NAME(WeightProduct) *product, NAME(Region) region,                 \
                                         const int64_t *shifts, T *c)                                             \
    {                                                                                                             \
        NAME(weight_tile)(rows, product, region, shifts, c);                                                      \
    }

WEIGHT_TILE(1) WEIGHT_TILE(2) WEIGHT_TILE(3) WEIGHT_TILE(4) WEIGHT_TILE(5) WEIGHT_TILE(6)
#if TILE_ROWS > 6
WEIGHT_TILE(7) WEIGHT_TILE(8) WEIGHT_TILE(9) WEIGHT_TILE(10) WEIGHT_TILE(11) WEIGHT_TILE(12)
#endif

static const NAME(WeightTile) NAME(weight_tiles)[TILE_ROWS + 1] = {
    0, NAME(weight_tile_1), NAME(weight_tile_2), NAME(weight_tile_3), NAME(weight_tile_4), NAME(weight_tile_5),
    NAME(weight_tile_6),
#if TILE_ROWS > 6
    NAME(weight_tile_7), NAME(weight_tile_8), NAME(weight_tile_9), NAME(weight_tile_10), NAME(weight_tile_11),
    NAME(weight_tile_12),
#endif
};

static void NAME(convolution_weights)(size_t samples, size_t n, size_t k, size_t image_stride, const backflow_windows *w,
                                      const int64_t *shifts, const T *image, const T *gradient, T *c)
{
    const size_t outputs = w->output_height * w->output_width, tiles = (k + TILE_ROWS - 1) / TILE_ROWS;
    if (samples * outputs == 0) {
        if (n * k > 0) memset(c, 0, n * k * sizeof(T));
        return;
    }
    NAME(WeightProduct) product = {w, NAME(lattice)(w).columns, image_stride, NAME(packed_size)(outputs, n), n, image, 0, 0};
    for (size_t j = 0; j < n; j += PANEL, gradient += outputs * PANEL) {
        const size_t width = n - j < PANEL ? n - j : PANEL;
        product.gradient = gradient;
        product.c_stride = width < PANEL ? PANEL : n;
        for (size_t t = 0, i = 0, rows; t < tiles; t++, i += rows) {
            rows = (k - i) / (tiles - t);
            T aside[TILE_ROWS * PANEL], *to = c + i * n + j, *sums = width < PANEL ? aside : to;
            product.accumulate = 0;
            FOR_EACH_REGION(w, samples, DEPTH_BLOCK, region,
                NAME(weight_tiles)[rows](&product, region, shifts + i, sums);
                product.accumulate = 1);
            if (width == PANEL) continue;
            for (size_t r = 0; r < rows; r++) memcpy(to + r * n, aside + r * PANEL, width * sizeof(T));
        }
    }
}
