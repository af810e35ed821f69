// Row-major matrices: operations with a row, sums along either axis.
#pragma once

#include "elementwise.h"
#include "reductions.h"
#include "sums.h"

static void NAME(add_row)(size_t rows, size_t columns, const T *row, T *y)
{
    for (size_t r = 0; r < rows; r++) NAME(add)(columns, y + r * columns, row, y + r * columns);
}

static void NAME(multiply_row)(size_t rows, size_t columns, const T *row, T *y)
{
    for (size_t r = 0; r < rows; r++) NAME(multiply)(columns, y + r * columns, row, y + r * columns);
}

static void NAME(weight_rows)(size_t rows, size_t columns, const T *weights, const T *x, T *y)
{
    for (size_t r = rows; r-- > 0;) NAME(scale)(columns, weights[r], x + r * columns, y + r * columns);
}

static void NAME(outer_product)(size_t rows, size_t columns, T s, const T *a, const T *b, T *y)
{
    for (size_t r = 0; r < rows; r++) NAME(scale)(columns, s * a[r], b, y + r * columns);
}

static void NAME(sum_weighted_groups)(size_t groups, size_t rows, size_t columns, const T *weights, const T *x, T *y)
{
    if (groups == 0) {
        FOR_EACH(i, rows * columns) y[i] = 0;
        return;
    }
    if (columns == 1) {
        NAME(multiply)(rows, weights, x, y);
        for (size_t g = 1; g < groups; g++) NAME(multiply_add)(rows, weights + g * rows, x + g * rows, y);
        return;
    }
    for (size_t r = 0; r < rows; r++) {
        T *row = y + r * columns;
        NAME(scale)(columns, weights[r], x + r * columns, row);
        for (size_t g = 1; g < groups; g++) {
            const T weight = weights[g * rows + r], *term = x + (g * rows + r) * columns;
            FOR_EACH(c, columns) row[c] += weight * term[c];
        }
    }
}

// Σ over rows of one column, however large the numbers are.
static T NAME(sum_of_column)(size_t rows, size_t columns, const T *x)
{
    double sum = 0, lost = 0;
    for (size_t r = 0; r < rows; r++) NAME(add_to)(&sum, &lost, (double)x[r * columns] * SUM_SCALE);
    return (T)(NAME(total)(sum, lost) / SUM_SCALE);
}

// block[c] = Σ over some rows of x, in T.
INLINE void NAME(sum_block_of_rows)(size_t rows, size_t columns, size_t width, const T *x, T *block)
{
    FOR_EACH(c, width) block[c] = x[c];
    for (size_t r = 1; r < rows; r++) {
        FOR_EACH(c, width) block[c] += x[r * columns + c];
    }
}

// Σ over rows of x, whose rows start `columns` elements apart, for one tile of columns: blocks of rows in T, the blocks in
// double.
static void NAME(sum_rows_of_tile)(size_t rows, size_t columns, size_t width, const T *x, T *y)
{
    T value[COLUMN_TILE];
    if (rows > 0 && rows <= ROW_BLOCK) {
        NAME(sum_block_of_rows)(rows, columns, width, x, value);
    } else {
        double sum[COLUMN_TILE], lost[COLUMN_TILE];
        FOR_EACH(c, width) sum[c] = lost[c] = 0;
        for (size_t start = 0; start < rows; start += ROW_BLOCK) {
            T block[COLUMN_TILE];
            size_t length = rows - start < ROW_BLOCK ? rows - start : ROW_BLOCK;
            NAME(sum_block_of_rows)(length, columns, width, x + start * columns, block);
            FOR_EACH(c, width) NAME(add_to)(&sum[c], &lost[c], (double)block[c]);
        }
        FOR_EACH(c, width) value[c] = (T)NAME(total)(sum[c], lost[c]);
    }
    if (NAME(nonfinite_count)(width, value) > 0) {
        for (size_t c = 0; c < width; c++) {
            if (!IS_FINITE(value[c])) value[c] = NAME(sum_of_column)(rows, columns, x + c);
        }
    }
    FOR_EACH(c, width) y[c] = value[c];
}

static void NAME(sum_rows)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t c = 0; c < columns; c += COLUMN_TILE) {
        size_t width = columns - c < COLUMN_TILE ? columns - c : COLUMN_TILE;
        NAME(sum_rows_of_tile)(rows, columns, width, x + c, y + c);
    }
}

static void NAME(row_sums)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++) y[r] = NAME(sum)(columns, x + r * columns);
}

static void NAME(row_argmax)(size_t rows, size_t columns, const T *x, int64_t *y)
{
    for (size_t r = 0; r < rows; r++) y[r] = (int64_t)NAME(index_of_maximum)(columns, x + r * columns);
}

// Counters as wide as T, so that both vectorize alike; emptied before they could overflow. The tiles are wide, because
// x is read from memory, fastest in long runs.
#define COUNTED_ROWS ((size_t)1 << 30)
#define COUNTED_COLUMNS 1024

static void NAME(count_beyond_in_tile)(size_t rows, size_t columns, size_t width, const T *lower, const T *upper, const T *x,
                                       int64_t *below, int64_t *above)
{
    UINT low[COUNTED_COLUMNS], high[COUNTED_COLUMNS];
    FOR_EACH(c, width) low[c] = high[c] = 0;
    size_t r = 0;
    for (; r + 4 <= rows; r += 4) {  // four rows for each access to the counters
        const T *x0 = x + r * columns, *x1 = x0 + columns, *x2 = x1 + columns, *x3 = x2 + columns;
        FOR_EACH(c, width)
        {
            low[c] += (UINT)(x0[c] < lower[c]) + (x1[c] < lower[c]) + (x2[c] < lower[c]) + (x3[c] < lower[c]);
            high[c] += (UINT)(x0[c] > upper[c]) + (x1[c] > upper[c]) + (x2[c] > upper[c]) + (x3[c] > upper[c]);
        }
    }
    for (; r < rows; r++) {
        FOR_EACH(c, width)
        {
            low[c] += x[r * columns + c] < lower[c];
            high[c] += x[r * columns + c] > upper[c];
        }
    }
    for (size_t c = 0; c < width; c++) {
        below[c] += (int64_t)low[c];
        above[c] += (int64_t)high[c];
    }
}

static void NAME(count_beyond)(size_t rows, size_t columns, const T *lower, const T *upper, const T *x,
                               int64_t *below, int64_t *above)
{
    for (size_t start = 0; start < rows; start += COUNTED_ROWS) {
        size_t block = rows - start < COUNTED_ROWS ? rows - start : COUNTED_ROWS;
        for (size_t c = 0; c < columns; c += COUNTED_COLUMNS) {
            size_t width = columns - c < COUNTED_COLUMNS ? columns - c : COUNTED_COLUMNS;
            NAME(count_beyond_in_tile)(block, columns, width, lower + c, upper + c, x + start * columns + c, below + c,
                                       above + c);
        }
    }
}

static void NAME(column_maxima)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++, x += columns) {
        FOR_EACH(c, columns) y[c] = x[c] > y[c] || x[c] != x[c] ? x[c] : y[c];
    }
}
