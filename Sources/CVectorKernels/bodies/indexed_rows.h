// Rows, or one element of each row, selected by an index; and the reverse, where the rows of the same index add up.
#pragma once

#include "elementwise.h"
#include "sums.h"

static void NAME(index_select)(size_t rows, size_t columns, const int64_t *index, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++) {
        if (columns > 0) memcpy(y + r * columns, x + (size_t)index[r] * columns, columns * sizeof(T));
    }
}

// y += Σ of the rows of x that `source` names, for one tile of columns: blocks of rows in T, the blocks in double.
static void NAME(add_rows_of_tile)(size_t columns, size_t width, size_t rows, const int64_t *source, const T *x, T *y)
{
    if (rows < ROW_BLOCK) {
        for (size_t r = 0; r < rows; r++) NAME(add)(width, y, x + (size_t)source[r] * columns, y);
        return;
    }
    double sum[COLUMN_TILE], lost[COLUMN_TILE];
    FOR_EACH(c, width) sum[c] = (double)y[c];
    FOR_EACH(c, width) lost[c] = 0;
    for (size_t start = 0; start < rows; start += ROW_BLOCK) {
        size_t end = rows - start < ROW_BLOCK ? rows : start + ROW_BLOCK;
        T block[COLUMN_TILE];
        FOR_EACH(c, width) block[c] = x[(size_t)source[start] * columns + c];
        for (size_t r = start + 1; r < end; r++) NAME(add)(width, block, x + (size_t)source[r] * columns, block);
        FOR_EACH(c, width) NAME(add_to)(&sum[c], &lost[c], (double)block[c]);
    }
    for (size_t c = 0; c < width; c++) {
        T value = (T)NAME(total)(sum[c], lost[c]);
        if (!IS_FINITE(value)) {  // a partial sum may have overflowed
            sum[c] = (double)y[c] * SUM_SCALE;
            lost[c] = 0;
            for (size_t r = 0; r < rows; r++) {
                NAME(add_to)(&sum[c], &lost[c], (double)x[(size_t)source[r] * columns + c] * SUM_SCALE);
            }
            value = (T)(NAME(total)(sum[c], lost[c]) / SUM_SCALE);
        }
        y[c] = value;
    }
}

// The rows of group g are x[source[i]] for i in first[g] ..< first[g + 1]; tiles as in sum_rows.
static void NAME(index_add)(size_t groups, size_t columns, const int64_t *target, const int64_t *first,
                                   const int64_t *source, const T *x, T *y)
{
    for (size_t g = 0; g < groups; g++) {
        for (size_t start = 0; start < columns; start += COLUMN_TILE) {
            size_t width = columns - start < COLUMN_TILE ? columns - start : COLUMN_TILE;
            NAME(add_rows_of_tile)(columns, width, (size_t)(first[g + 1] - first[g]), source + first[g], x + start,
                                   y + (size_t)target[g] * columns + start);
        }
    }
}

static void NAME(gather)(size_t rows, size_t columns, const T *x, const int64_t *index, T *y)
{
    for (size_t r = 0; r < rows; r++) y[r] = x[r * columns + (size_t)index[r]];
}

// From the last row to the first, so that in place no value is overwritten before it is read.
static void NAME(scatter)(size_t rows, size_t columns, const T *values, const int64_t *index, T *y)
{
    for (size_t r = rows; r-- > 0;) {
        T value = values[r];
        NAME(fill)(columns, 0, y + r * columns);
        y[r * columns + (size_t)index[r]] = value;
    }
}
