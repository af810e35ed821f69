// Pooling: the maximum and the mean of every window, and their backward forms.
#pragma once

#include "reductions.h"
#include "scalar_bits.h"
#include "sums.h"
#include "windows.h"

// One row of one tap. A window without a tap so far has the winner -1; the first NaN stays.
INLINE void NAME(compare_taps)(size_t n, const T *x, size_t stride, int32_t start, T *best, int32_t *winner)
{
    FOR_EACH(p, n)
    {
        T candidate = x[p * stride], b = best[p];
        int wins = (candidate > b) | (winner[p] < 0) | ((candidate != candidate) & (b == b));
        best[p] = wins ? candidate : b;
        winner[p] = wins ? start + (int32_t)p * (int32_t)stride : winner[p];
    }
}

static void NAME(max_pool)(size_t planes, const backflow_windows *w, const T *x, T *y, int32_t *winner)
{
    size_t outputs = w->output_height * w->output_width;
    for (size_t plane = 0; plane < planes; plane++, x += w->height * w->width, y += outputs, winner += outputs) {
        for (size_t k = 0; k < outputs; k++) y[k] = -INFINITE;
        for (size_t k = 0; k < outputs; k++) winner[k] = -1;
        FOR_EACH_TAP(w, i, j) {
            NAME(Tap) tap = NAME(tap)(w, i, j);
            size_t count = tap.p_end - tap.p_first;
            for (size_t o = tap.o_first; o < tap.o_end && count > 0; o++) {
                size_t start = NAME(start_of_row)(w, &tap, o), first = o * w->output_width + tap.p_first;
                if (w->stride_width == 1) {
                    NAME(compare_taps)(count, x + start, 1, (int32_t)start, y + first, winner + first);
                } else if (w->stride_width == 2) {
                    NAME(compare_taps)(count, x + start, 2, (int32_t)start, y + first, winner + first);
                } else {
                    NAME(compare_taps)(count, x + start, w->stride_width, (int32_t)start, y + first, winner + first);
                }
            }
        }
    }
}

// One axis of the windows: the rows or the columns of the plane. Pooling has no dilation.
typedef struct {
    size_t extent, outputs, kernel, stride, padding;
} NAME(Axis);

INLINE NAME(Axis) NAME(rows_of)(const backflow_windows *w)
{
    return (NAME(Axis)) {w->height, w->output_height, w->kernel_height, w->stride_height, w->padding_height};
}

INLINE NAME(Axis) NAME(columns_of)(const backflow_windows *w)
{
    return (NAME(Axis)) {w->width, w->output_width, w->kernel_width, w->stride_width, w->padding_width};
}

// A range of windows or of pixels along an axis.
typedef struct {
    size_t first, end;
} NAME(Range);

// The windows that cover one of the pixels first ... last.
INLINE NAME(Range) NAME(windows_over)(NAME(Axis) axis, size_t first, size_t last)
{
    const size_t from = first + axis.padding, to = last + axis.padding;
    const size_t end = to / axis.stride + 1;
    return (NAME(Range)) {
        from < axis.kernel ? 0 : (from - axis.kernel) / axis.stride + 1, end < axis.outputs ? end : axis.outputs};
}

// The pixels that the windows first ... last cover.
INLINE NAME(Range) NAME(pixels_under)(NAME(Axis) axis, size_t first, size_t last)
{
    const size_t from = first * axis.stride, to = last * axis.stride + axis.kernel;
    const size_t end = to < axis.padding ? 0 : to - axis.padding;
    return (NAME(Range)) {from < axis.padding ? 0 : from - axis.padding, end < axis.extent ? end : axis.extent};
}

// The largest number of windows over a pixel whose gradients are added up in T.
#define FEW_WINDOWS 64
#define PIXEL_TILE 1024

// The gradients of the pixels start ..< start + length, whole rows or a part of one, added up in double.
static void NAME(max_pool_backward_of_tile)(const backflow_windows *w, size_t start, size_t length,
                                            const int32_t *winner, const T *dy, T *dx)
{
    const size_t last = start + length - 1, top = start / w->width, bottom = last / w->width;
    const size_t left = top == bottom ? start % w->width : 0, right = top == bottom ? last % w->width : w->width - 1;
    const NAME(Range) os = NAME(windows_over)(NAME(rows_of)(w), top, bottom);
    const NAME(Range) ps = NAME(windows_over)(NAME(columns_of)(w), left, right);
    double sum[PIXEL_TILE], lost[PIXEL_TILE];
    FOR_EACH(k, length) sum[k] = lost[k] = 0;
    for (size_t o = os.first; o < os.end; o++) {
        for (size_t p = ps.first; p < ps.end; p++) {
            const size_t window = o * w->output_width + p;
            const size_t k = (size_t)((ptrdiff_t)winner[window] - (ptrdiff_t)start);
            if (k < length) NAME(add_tap)(&sum[k], &lost[k], (double)dy[window]);
        }
    }
    FOR_EACH(k, length) dx[start + k] = (T)NAME(total)(sum[k], lost[k]);
}

static void NAME(max_pool_backward_of_plane)(const backflow_windows *w, const int32_t *winner, const T *dy, T *dx)
{
    const size_t rows = PIXEL_TILE / w->width, run = rows > 0 ? rows * w->width : w->height * w->width;
    for (size_t first = 0; first < w->height * w->width;) {
        // If a whole row does not fit, the run ends with the tile or the row.
        const size_t whole = w->height * w->width - first, of_row = w->width - first % w->width;
        size_t length = rows > 0 ? run : of_row < PIXEL_TILE ? of_row : PIXEL_TILE;
        if (length > whole) length = whole;
        NAME(max_pool_backward_of_tile)(w, first, length, winner, dy, dx);
        first += length;
    }
}

static void NAME(max_pool_backward)(size_t planes, const backflow_windows *w, const int32_t *winner,
                                    const T *dy, T *dx)
{
    const size_t outputs = w->output_height * w->output_width, plane = w->height * w->width;
    const size_t over_pixel = ((w->kernel_height - 1) / w->stride_height + 1) * ((w->kernel_width - 1) / w->stride_width + 1);
    for (size_t n = 0; n < planes; n++, winner += outputs, dy += outputs, dx += plane) {
        if (over_pixel > FEW_WINDOWS) {
            NAME(max_pool_backward_of_plane)(w, winner, dy, dx);
            continue;
        }
        for (size_t k = 0; k < plane; k++) dx[k] = 0;
        for (size_t k = 0; k < outputs; k++) {
            if (winner[k] >= 0) dx[winner[k]] += dy[k];  // a window in the padding has none
        }
    }
}

// A mean is formed axis by axis, with as many additions as a window has rows and columns, not taps: first down the columns of
// a row of windows, a tile of columns at a time, then along the row. The backward form likewise.

// The number of taps of window o along one axis that count.
INLINE double NAME(taps_counted)(NAME(Axis) axis, int count_padding, size_t o)
{
    const NAME(Range) pixels = NAME(pixels_under)(axis, o, o);
    return (double)(uint32_t)(count_padding ? axis.kernel : pixels.end - pixels.first);
}

// to[k to_stride] += from[k from_stride]
INLINE void NAME(add_along)(size_t n, const double *from, size_t from_stride, double *to, double *lost, size_t to_stride)
{
    if (from_stride == 1 && to_stride == 1) {
        FOR_EACH(k, n) NAME(add_tap)(&to[k], &lost[k], from[k]);
    } else {
        FOR_EACH(k, n) NAME(add_tap)(&to[k * to_stride], &lost[k * to_stride], from[k * from_stride]);
    }
}

// For every tap along an axis, adds the pixels of one tile to the windows of another that cover them, or, if `backward`, the
// windows to the pixels.
INLINE void NAME(add_taps)(NAME(Axis) axis, NAME(Range) window_tile, NAME(Range) pixel_tile, int backward,
                           const double *from, double *to, double *lost)
{
    const size_t stride = axis.stride, left = pixel_tile.first + axis.padding, right = pixel_tile.end + axis.padding;
    for (size_t tap = 0; tap < axis.kernel; tap++) {
        // The windows p ..< end whose tap lies in the tile, from the pixel at `at` on.
        size_t p = left <= tap ? 0 : (left - tap + stride - 1) / stride;
        size_t end = right <= tap ? 0 : (right - tap - 1) / stride + 1;
        if (p < window_tile.first) p = window_tile.first;
        if (end > window_tile.end) end = window_tile.end;
        if (p >= end) continue;
        const size_t window = p - window_tile.first, pixel = p * stride + tap - left;
        if (backward) {
            NAME(add_along)(end - p, from + window, 1, to + pixel, lost + pixel, stride);
        } else {
            NAME(add_along)(end - p, from + pixel, stride, to + window, lost + window, 1);
        }
    }
}

// The mean of window (o, p) whose sum overflows.
static T NAME(mean_of_scaled)(const backflow_windows *w, double count, size_t o, size_t p, const T *x)
{
    const NAME(Range) rows = NAME(pixels_under)(NAME(rows_of)(w), o, o);
    const NAME(Range) columns = NAME(pixels_under)(NAME(columns_of)(w), p, p);
    double sum = 0, lost = 0;
    for (size_t h = rows.first; h < rows.end && columns.first < columns.end; h++) {
        const T *row = x + h * w->width + columns.first;
        NAME(add_to)(&sum, &lost, NAME(pairwise_sum_scaled)(columns.end - columns.first, row));
    }
    return (T)(NAME(total)(sum, lost) / count / SUM_SCALE);
}

// The means of windows start ..< start + width of row o.
static void NAME(average_pool_tile)(const backflow_windows *w, int count_padding, size_t o, size_t start, size_t width,
                                    const T *x, T *y)
{
    const NAME(Axis) down = NAME(rows_of)(w), across = NAME(columns_of)(w);
    const NAME(Range) rows = NAME(pixels_under)(down, o, o), windows = {start, start + width};
    const NAME(Range) columns = NAME(pixels_under)(across, start, start + width - 1);
    double sum[COLUMN_TILE], lost[COLUMN_TILE], column[COLUMN_TILE];
    FOR_EACH(k, width) sum[k] = lost[k] = 0;
    for (NAME(Range) tile = {columns.first, columns.first}; tile.first < columns.end; tile.first = tile.end) {
        const size_t count = columns.end - tile.first < COLUMN_TILE ? columns.end - tile.first : COLUMN_TILE;
        double lost_of_column[COLUMN_TILE];
        tile.end = tile.first + count;
        FOR_EACH(c, count) column[c] = lost_of_column[c] = 0;
        for (size_t h = rows.first; h < rows.end; h++) {
            const T *row = x + h * w->width + tile.first;
            FOR_EACH(c, count) NAME(add_tap)(&column[c], &lost_of_column[c], (double)row[c]);
        }
        FOR_EACH(c, count) column[c] = NAME(total)(column[c], lost_of_column[c]);
        NAME(add_taps)(across, windows, tile, 0, column, sum, lost);
    }
    const double taps_down = NAME(taps_counted)(down, count_padding, o);
    double count[COLUMN_TILE];
    int finite = 1;
    for (size_t k = 0; k < width; k++) {
        count[k] = taps_down * NAME(taps_counted)(across, count_padding, start + k);
        T mean = (T)(NAME(total)(sum[k], lost[k]) / count[k]);
        y[k] = mean;
        finite &= IS_FINITE(mean);
    }
    for (size_t k = 0; k < width && !finite; k++) {
        if (!IS_FINITE(y[k])) y[k] = NAME(mean_of_scaled)(w, count[k], o, start + k, x);
    }
}

static void NAME(average_pool)(size_t planes, const backflow_windows *w, int count_padding, const T *x, T *y)
{
    for (size_t plane = 0; plane < planes; plane++, x += w->height * w->width) {
        for (size_t o = 0; o < w->output_height; o++, y += w->output_width) {
            FOR_EACH_TILE(start, width, w->output_width)
            {
                NAME(average_pool_tile)(w, count_padding, o, start, width, x, y + start);
            }
        }
    }
}

// The gradient of pixels left ..< left + width of row h.
static void NAME(average_pool_backward_tile)(const backflow_windows *w, int count_padding, size_t h, size_t left,
                                             size_t width, const T *dy, T *dx)
{
    const NAME(Axis) down = NAME(rows_of)(w), across = NAME(columns_of)(w);
    const NAME(Range) rows = NAME(windows_over)(down, h, h), pixels = {left, left + width};
    const NAME(Range) columns = NAME(windows_over)(across, left, left + width - 1);
    double sum[COLUMN_TILE], lost[COLUMN_TILE], column[COLUMN_TILE];
    FOR_EACH(k, width) sum[k] = lost[k] = 0;
    for (NAME(Range) tile = {columns.first, columns.first}; tile.first < columns.end; tile.first = tile.end) {
        const size_t count = columns.end - tile.first < COLUMN_TILE ? columns.end - tile.first : COLUMN_TILE;
        double lost_of_column[COLUMN_TILE];
        tile.end = tile.first + count;
        FOR_EACH(k, count) column[k] = lost_of_column[k] = 0;
        for (size_t o = rows.first; o < rows.end; o++) {
            const double share = 1 / NAME(taps_counted)(down, count_padding, o);
            const T *row = dy + o * w->output_width + tile.first;
            FOR_EACH(k, count) NAME(add_tap)(&column[k], &lost_of_column[k], (double)row[k] * share);
        }
        FOR_EACH(k, count)
        {
            column[k] = NAME(total)(column[k], lost_of_column[k])
                / NAME(taps_counted)(across, count_padding, tile.first + k);
        }
        NAME(add_taps)(across, tile, pixels, 1, column, sum, lost);
    }
    FOR_EACH(k, width) dx[k] = (T)NAME(total)(sum[k], lost[k]);
}

static void NAME(average_pool_backward)(size_t planes, const backflow_windows *w, int count_padding,
                                        const T *dy, T *dx)
{
    for (size_t n = 0; n < planes; n++, dy += w->output_height * w->output_width) {
        for (size_t h = 0; h < w->height; h++, dx += w->width) {
            FOR_EACH_TILE(left, width, w->width)
            {
                NAME(average_pool_backward_tile)(w, count_padding, h, left, width, dy, dx + left);
            }
        }
    }
}
