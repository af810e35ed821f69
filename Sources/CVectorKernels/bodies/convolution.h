// Y = W X + b for one sample, where the columns X are not written out: row k of X is the image, shifted by shifts[k].
#pragma once

#include "shifted_image.h"

typedef struct {
    size_t k, a_stride, c_stride;
    size_t image_step, c_step;  // from panel to panel
    int accumulate;
} NAME(ConvolutionTile);  // k is the depth of the block

// A few rows by a few panels of windows, summed in registers, as in packed_product. Without `accumulate`, the sums begin
// with the bias.
INLINE void NAME(convolution_tile)(size_t rows, size_t panels, const NAME(ConvolutionTile) *t, const T *a, const T *bias,
                                   const int64_t *shifts, const T *image, T *c)
{
    const size_t vectors = 2 * panels, k = t->k, a_stride = t->a_stride;
    NAME(Vector) sums[TILE_ROWS][TILE_VECTORS] = {0};
    for (size_t p = 0; p < k; p++) {
        const T *from = image + shifts[p];
        NAME(Vector) b[TILE_VECTORS];
        UNROLLED for (size_t v = 0; v < vectors; v++) {
            b[v] = *(const NAME(Vector) *)(from + v / 2 * t->image_step + v % 2 * LANES);
        }
        UNROLLED for (size_t r = 0; r < rows; r++) {
            UNROLLED for (size_t v = 0; v < vectors; v++) sums[r][v] += b[v] * a[r * a_stride + p];
        }
    }
    UNROLLED for (size_t r = 0; r < rows; r++, c += t->c_stride) {
        const T start = bias ? bias[r] : 0;
        UNROLLED for (size_t v = 0; v < vectors; v++) {
            NAME(Vector) *out = (NAME(Vector) *)(c + v / 2 * t->c_step + v % 2 * LANES);
            *out = t->accumulate ? *out + sums[r][v] : sums[r][v] + start;
        }
    }
}

typedef void (*NAME(RunConvolutionTile))(const NAME(ConvolutionTile) *, const T *, const T *, const int64_t *, const T *, T *);

#define CONVOLUTION_TILE(rows, panels)                                                                              \
    static void NAME(convolution_tile_##rows##x##panels)(const NAME(ConvolutionTile) *t, const T *a, const T *bias, \
                                                         const int64_t *shifts, const T *image, T *c)               \
    {                                                                                                               \
        NAME(convolution_tile)(rows, panels, t, a, bias, shifts, image, c);                                         \
    }
#define TILE_NAME(rows, panels) NAME(convolution_tile_##rows##x##panels)

CONVOLUTION_TILE(1, 1) CONVOLUTION_TILE(2, 1) CONVOLUTION_TILE(3, 1) CONVOLUTION_TILE(4, 1)
CONVOLUTION_TILE(5, 1) CONVOLUTION_TILE(6, 1) CONVOLUTION_TILE(1, 4) CONVOLUTION_TILE(2, 2)
#if TILE_ROWS > 6
CONVOLUTION_TILE(7, 1) CONVOLUTION_TILE(8, 1) CONVOLUTION_TILE(9, 1) CONVOLUTION_TILE(10, 1)
CONVOLUTION_TILE(11, 1) CONVOLUTION_TILE(12, 1)
#endif

static const NAME(RunConvolutionTile) NAME(convolution_tiles)[TILE_ROWS + 1] = {
    0, TILE_NAME(1, 1), TILE_NAME(2, 1), TILE_NAME(3, 1), TILE_NAME(4, 1), TILE_NAME(5, 1), TILE_NAME(6, 1),
#if TILE_ROWS > 6
    TILE_NAME(7, 1), TILE_NAME(8, 1), TILE_NAME(9, 1), TILE_NAME(10, 1), TILE_NAME(11, 1), TILE_NAME(12, 1),
#endif
};

// All of k, in blocks of about the same depth that are added up in C.
static void NAME(run_convolution_tile)(NAME(RunConvolutionTile) tile, NAME(ConvolutionTile) block, const T *a,
                                       const T *bias, const int64_t *shifts, const T *image, T *c)
{
    const size_t k = block.k;
    block.accumulate = 0;
    for (size_t p = 0, blocks = k < 2 * DEPTH_BLOCK ? 1 : k / DEPTH_BLOCK; p < k; p += block.k, blocks--) {
        block.k = (k - p) / blocks;
        tile(&block, a + p, bias, shifts + p, image, c);
        block.accumulate = 1;
    }
}

// Copies those of `width` positions of the lattice, from `position` on, that are windows, to their places in y.
static void NAME(copy_windows)(size_t rows, size_t width, size_t position, size_t columns, const backflow_windows *w,
                               const T *from, T *y)
{
    const size_t outputs = w->output_height * w->output_width, end = position + width;
    for (size_t at = position; at < end;) {
        const size_t o = at / columns, p = at % columns;
        if (o >= w->output_height) return;
        const size_t next = (o + 1) * columns < end ? (o + 1) * columns : end;
        size_t count = next - at;
        if (p + count > w->output_width) count = p < w->output_width ? w->output_width - p : 0;
        for (size_t r = 0; r < rows; r++) {
            memcpy(y + r * outputs + o * w->output_width + p, from + r * width + (at - position), count * sizeof(T));
        }
        at = next;
    }
}

// The windows at the positions first ..< end of the lattice, one panel at a time, by way of a buffer.
static void NAME(convolve_aside)(size_t rows, size_t k, const backflow_windows *w, size_t columns, size_t first, size_t end,
                                 const T *weights, const T *bias, const int64_t *shifts, const T *image, T *y)
{
    const NAME(ConvolutionTile) tile = {k, k, PANEL, 0, 0, 0};
    for (size_t at = first; at < end; at += PANEL) {
        T aside[TILE_ROWS * PANEL];
        NAME(run_convolution_tile)(NAME(convolution_tiles)[rows], tile, weights, bias, shifts, image + at, aside);
        NAME(copy_windows)(rows, PANEL, at, columns, w, aside, y);
    }
}

// Row by row: whole panels, several rows at a time if one has too few sums to keep the multipliers busy; then the rest.
static void NAME(convolve_rows)(size_t rows, size_t k, const backflow_windows *w, size_t columns,
                                const T *weights, const T *bias, const int64_t *shifts, const T *image, T *y)
{
    const size_t width = w->output_width, whole = width - width % PANEL;
    const size_t most = rows == 1 ? 4 : rows == 2 ? 2 : 1;
    const NAME(ConvolutionTile) tile = {k, k, w->output_height * width, columns, width, 0};
    for (size_t o = 0, panels; o < w->output_height; o += panels) {
        panels = w->output_height - o >= most ? most : 1;
        const NAME(RunConvolutionTile) run =
            panels == 4 ? TILE_NAME(1, 4) : panels == 2 ? TILE_NAME(2, 2) : NAME(convolution_tiles)[rows];
        for (size_t p = 0; p < whole; p += PANEL) {
            NAME(run_convolution_tile)(run, tile, weights, bias, shifts, image + o * columns + p, y + o * width + p);
        }
    }
    for (size_t o = 0; o < w->output_height && whole < width; o++) {
        const size_t start = o * columns;
        NAME(convolve_aside)(rows, k, w, columns, start + whole, start + width, weights, bias, shifts, image, y);
    }
}

// Row by row if that wastes fewer lanes than computing also the positions between the rows of windows.
static void NAME(convolve)(size_t m, size_t k, const backflow_windows *w, const T *weights, const T *bias,
                           const int64_t *shifts, const T *image, T *y)
{
    const size_t columns = NAME(lattice)(w).columns, width = w->output_width, height = w->output_height;
    const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
    if (width == 0 || height == 0) return;
    const size_t end = (height - 1) * columns + width;  // of the positions
    const int by_rows = (width + PANEL - 1) / PANEL * PANEL <= columns;
    for (size_t t = 0, i = 0, rows; t < tiles; t++, i += rows) {
        rows = (m - i) / (tiles - t);
        const T *a = weights + i * k, *b = bias ? bias + i : 0;
        if (by_rows) {
            NAME(convolve_rows)(rows, k, w, columns, a, b, shifts, image, y + i * height * width);
        } else {
            NAME(convolve_aside)(rows, k, w, columns, 0, end, a, b, shifts, image, y + i * height * width);
        }
    }
}

// flipped[c, o, i, j] = weights[o, c, kernel_height − 1 − i, kernel_width − 1 − j]
static void NAME(flip_taps)(size_t outputs, size_t inputs, size_t taps, const T *weights, T *flipped)
{
    for (size_t o = 0; o < outputs; o++) {
        for (size_t c = 0; c < inputs; c++, weights += taps) {
            T *to = flipped + (c * outputs + o) * taps;
            for (size_t tap = 0; tap < taps; tap++) to[tap] = weights[taps - 1 - tap];
        }
    }
}
