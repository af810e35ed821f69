// What all sums share: their blocks and tiles, and running totals in double.
#pragma once

#include "declarations.h"

// The numbers of elements and of rows whose sum is added to a running total, and of columns that are summed side by side.
#define SUM_BLOCK 512
#define ROW_BLOCK 32
#define COLUMN_TILE 256

// Tiles of columns: `first` and `width` of each, in turn.
#define FOR_EACH_TILE(first, width, channels)                                                                     \
    for (size_t first = 0, width; width = channels - first < COLUMN_TILE ? channels - first : COLUMN_TILE, width; \
         first += width)

#define IS_FINITE(x) ((x) - (x) == 0)

// The partial sums of doubles may overflow although the result is representable. Scaled by this factor, no sum of fewer
// than 2^64 terms overflows.
#define SUM_SCALE 0x1p-64

// A running total in double, sum + lost. What each addition rounds away is kept in `lost` (the two-sum of Knuth, The Art of
// Computer Programming, volume 2, section 4.2.2), so the error does not grow with the number of additions.
INLINE void NAME(add_to)(double *sum, double *lost, double term)
{
    double total = *sum + term, added = total - *sum;
    *lost += (*sum - (total - added)) + (term - added);
    *sum = total;
}

// `lost` is NaN once the sum is infinite.
INLINE double NAME(total)(double sum, double lost) { return lost == lost ? sum + lost : sum; }
