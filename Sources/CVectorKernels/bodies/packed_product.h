// C = A B with B packed: panels of PANEL columns, each panel k rows long and contiguous, the last one padded with zeros.
// A tile of C, a few rows by a few panels, is summed in registers over a block of k, and the blocks are added up in C:
// the error of a running sum grows with its length. Callers divide a k of many blocks.
#pragma once

#include "scalar_bits.h"
#include "sums.h"
#include "transpose.h"

#define PANEL (2 * LANES)
#define TILE_VECTORS 8  // of one row, at most
#define DEPTH_BLOCK 256

typedef T NAME(Vector) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));

typedef struct {
    size_t k, a_stride, panel_stride, c_stride;
    int accumulate, backwards;
} NAME(Product);  // of a tile, k is the depth of the block

static size_t NAME(packed_size)(size_t k, size_t n) { return (n + PANEL - 1) / PANEL * PANEL * k; }

static void NAME(pack)(size_t k, size_t n, const T *b, size_t b_row_stride, size_t b_column_stride, T *packed)
{
    for (size_t j = 0; j < n; j += PANEL, packed += k * PANEL) {
        size_t width = n - j < PANEL ? n - j : PANEL;
        const T *source = b + j * b_column_stride;
        if (width < PANEL) memset(packed, 0, k * PANEL * sizeof(T));
        if (b_row_stride == 1) {
            NAME(transpose)(width, k, source, b_column_stride, packed, PANEL);
            continue;
        }
        for (size_t p = 0; p < k; p++) {
            for (size_t c = 0; c < width; c++) packed[p * PANEL + c] = source[p * b_row_stride + c * b_column_stride];
        }
    }
}

// Columns of whole panels. rows and panels are constants where this is inlined, so the loops over them unroll and each
// sum stays in a register. Element p of row r of A is a[r a_stride + p], or a[p a_stride + r] if A is read by columns.
INLINE void NAME(tile)(size_t rows, size_t panels, int by_columns, const NAME(Product) *product, const T *a,
                       const T *packed, T *c)
{
    const size_t vectors = 2 * panels, k = product->k;
    const size_t a_row = by_columns ? 1 : product->a_stride, a_step = by_columns ? product->a_stride : 1;
    NAME(Vector) sums[TILE_ROWS][TILE_VECTORS] = {0};
    // At its end, the tile reads and writes a few short rows of C, which are often not in the cache if C is large.
    UNROLLED for (size_t r = 0; r < rows; r++) {
        UNROLLED for (size_t v = 0; v < vectors; v++) __builtin_prefetch(c + r * product->c_stride + v * LANES, 1);
    }
    for (size_t p = 0; p < k; p++, packed += PANEL) {
        NAME(Vector) b[TILE_VECTORS];
        UNROLLED for (size_t v = 0; v < vectors; v++) {
            b[v] = *(const NAME(Vector) *)(packed + v / 2 * product->panel_stride + v % 2 * LANES);
        }
        UNROLLED for (size_t r = 0; r < rows; r++) {
            UNROLLED for (size_t v = 0; v < vectors; v++) sums[r][v] += b[v] * a[r * a_row + p * a_step];
        }
    }
    UNROLLED for (size_t r = 0; r < rows; r++, c += product->c_stride) {
        UNROLLED for (size_t v = 0; v < vectors; v++) {
            NAME(Vector) *out = (NAME(Vector) *)(c + v * LANES);
            *out = product->accumulate ? *out + sums[r][v] : sums[r][v];
        }
    }
}

typedef void (*NAME(Tile))(const NAME(Product) *, const T *, const T *, T *);

#define TILE(rows, panels)                                                                                      \
    static void NAME(tile_##rows##x##panels)(const NAME(Product) *product, const T *a, const T *packed, T *c)   \
    {                                                                                                           \
        NAME(tile)(rows, panels, 0, product, a, packed, c);                                                     \
    }
#define TILE_BY_COLUMNS(rows)                                                                                   \
    static void NAME(columns_##rows)(const NAME(Product) *product, const T *a, const T *packed, T *c)           \
    {                                                                                                           \
        NAME(tile)(rows, 1, 1, product, a, packed, c);                                                          \
    }

TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1)
TILE(1, 4) TILE(1, 2) TILE(2, 2)
TILE_BY_COLUMNS(1) TILE_BY_COLUMNS(2) TILE_BY_COLUMNS(3) TILE_BY_COLUMNS(4) TILE_BY_COLUMNS(5) TILE_BY_COLUMNS(6)
#if TILE_ROWS > 6
TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1)
TILE_BY_COLUMNS(7) TILE_BY_COLUMNS(8) TILE_BY_COLUMNS(9) TILE_BY_COLUMNS(10) TILE_BY_COLUMNS(11) TILE_BY_COLUMNS(12)
#endif

static const NAME(Tile) NAME(one_panel)[TILE_ROWS + 1] = {
    0, NAME(tile_1x1), NAME(tile_2x1), NAME(tile_3x1), NAME(tile_4x1), NAME(tile_5x1), NAME(tile_6x1),
#if TILE_ROWS > 6
    NAME(tile_7x1), NAME(tile_8x1), NAME(tile_9x1), NAME(tile_10x1), NAME(tile_11x1), NAME(tile_12x1),
#endif
};
static const NAME(Tile) NAME(by_columns)[TILE_ROWS + 1] = {
    0, NAME(columns_1), NAME(columns_2), NAME(columns_3), NAME(columns_4), NAME(columns_5), NAME(columns_6),
#if TILE_ROWS > 6
    NAME(columns_7), NAME(columns_8), NAME(columns_9), NAME(columns_10), NAME(columns_11), NAME(columns_12),
#endif
};
static const NAME(Tile) NAME(two_panels)[] = {0, NAME(tile_1x2), NAME(tile_2x2)};

// All of k, in blocks of about the same depth.
INLINE void NAME(run_blocks)(NAME(Tile) tile, const NAME(Product) *product, const T *a, const T *packed, T *c)
{
    const size_t k = product->k;
    if (k < 2 * DEPTH_BLOCK) {
        tile(product, a, packed, c);
        return;
    }
    NAME(Product) block = *product;
    for (size_t p = 0, blocks = k / DEPTH_BLOCK; p < k; p += block.k, packed += block.k * PANEL, blocks--) {
        block.k = (k - p) / blocks;
        tile(&block, a + p, packed, c);
        block.accumulate = 1;
    }
}

// A tile of which only the first `columns` belong to C. At the right edge it is computed in a buffer.
INLINE void NAME(run_tile)(int in_blocks, NAME(Tile) tile, size_t rows, size_t panels, const NAME(Product) *product,
                           const T *a, const T *packed, T *c, size_t columns)
{
    const size_t width = panels * PANEL;
    T aside[TILE_ROWS * PANEL];
    NAME(Product) whole = *product;
    T *target = c;
    if (columns < width) {
        whole.accumulate = 0;
        whole.c_stride = width;
        target = aside;
    }
    if (in_blocks) {
        NAME(run_blocks)(tile, &whole, a, packed, target);
    } else {
        tile(&whole, a, packed, target);
    }
    if (columns >= width) return;
    for (size_t r = 0; r < rows; r++, c += product->c_stride) {
        for (size_t j = 0; j < columns; j++) c[j] = (product->accumulate ? c[j] : 0) + aside[r * width + j];
    }
}

static void NAME(run)(NAME(Tile) tile, size_t rows, size_t panels, const NAME(Product) *product,
                      const T *a, const T *packed, T *c, size_t columns)
{
    NAME(run_tile)(1, tile, rows, panels, product, a, packed, c, columns);
}

// For at most two rows. A single row needs eight independent sums to keep the multipliers busy, so few rows take several
// panels at a time. Each element of B is then used once and arrives at the speed of the cache, which is why the direction
// matters.
static void NAME(product_of_few_rows)(size_t m, size_t n, const NAME(Product) *product, const T *a, const T *packed, T *c)
{
    const size_t all = (n + PANEL - 1) / PANEL, most = m == 1 ? 4 : 2;
    const size_t groups = m == 1 ? (all + 3) / 4 : (all + 1) / 2;
    for (size_t g = 0; g < groups; g++) {
        const size_t first = most * (product->backwards ? groups - 1 - g : g);
        const size_t end = first + most < all ? first + most : all;
        for (size_t panel = first, panels; panel < end; panel += panels) {
            panels = end - panel >= most ? most : end - panel >= 2 ? 2 : 1;
            NAME(Tile) tile = panels == 4 ? NAME(tile_1x4) : panels == 2 ? NAME(two_panels)[m] : NAME(one_panel)[m];
            NAME(run)(tile, m, panels, product, a, packed + panel * product->panel_stride, c + panel * PANEL,
                      n - panel * PANEL);
        }
    }
}

// Panel by panel; the rows are divided evenly, because a tile of one or two rows leaves the multipliers idle.
static void NAME(product_of_many_rows)(size_t m, size_t n, const NAME(Product) *product, const T *a, const T *packed, T *c)
{
    const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t j = 0; j < n; j += PANEL, packed += product->panel_stride) {
        for (size_t t = 0, i = 0, rows; t < tiles; t++, i += rows) {
            rows = (m - i) / (tiles - t);
            NAME(run)(NAME(one_panel)[rows], rows, 1, product, a + i * product->a_stride, packed,
                      c + i * product->c_stride + j, n - j);
        }
    }
}

static void NAME(packed_product)(size_t m, size_t n, size_t k, const T *a, size_t a_stride,
                                 const T *packed, int accumulate, int backwards, T *c, size_t c_stride)
{
    const NAME(Product) product = {k, a_stride, k * PANEL, c_stride, accumulate, backwards};
    if (m > 2) {
        NAME(product_of_many_rows)(m, n, &product, a, packed, c);
    } else if (m > 0) {
        NAME(product_of_few_rows)(m, n, &product, a, packed, c);
    }
}

// Tile by tile, because a tile's part of A, of which every element is in another row, is what is expensive to read.
static void NAME(columns_product)(size_t m, size_t n, size_t k, const T *a, size_t a_stride,
                                  const T *packed, int accumulate, T *c, size_t c_stride)
{
    const NAME(Product) product = {k, a_stride, k * PANEL, c_stride, accumulate, 0};
    const size_t tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
    for (size_t t = 0, i = 0, rows; t < tiles; t++, i += rows) {
        rows = (m - i) / (tiles - t);
        for (size_t j = 0; j < n; j += PANEL) {
            NAME(run_tile)(0, NAME(by_columns)[rows], rows, 1, &product, a + i, packed + j * k,
                           c + i * c_stride + j, n - j);
        }
    }
}

// The two-sum, as in add_to.
static void NAME(add_with_error)(size_t n, const T *x, T *sum, T *error)
{
    FOR_EACH(i, n)
    {
        T before = sum[i], total = before + x[i], added = total - before;
        T lost = (before - (total - added)) + (x[i] - added);
        error[i] += IS_FINITE(total) ? lost : 0;
        sum[i] = total;
    }
}
