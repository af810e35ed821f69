// Pooling: the largest and the mean of every window, and the ways back.
#pragma once

#include "reductions.h"
#include "scalar_bits.h"
#include "sums.h"
#include "windows.h"

// One row of one tap; a window without a tap so far has the winner -1, and the first NaN stays.
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

// The windows first ..< end that cover a pixel of one axis; pooling has no dilation.
INLINE void NAME(windows_over)(size_t pixel, size_t outputs, size_t kernel, size_t stride, size_t padding,
                               size_t *first, size_t *end)
{
    const size_t at = pixel + padding;
    *first = at < kernel ? 0 : (at - kernel) / stride + 1;
    *end = at / stride + 1 < outputs ? at / stride + 1 : outputs;
}

// The pixels first ..< end of one axis that window o covers.
INLINE void NAME(pixels_inside)(size_t extent, size_t kernel, size_t stride, size_t padding, size_t o,
                                size_t *first, size_t *end)
{
    const size_t start = o * stride;
    *first = start < padding ? 0 : start - padding;
    *end = start + kernel < padding ? 0 : start + kernel - padding;
    if (*end > extent) *end = extent;
}

// So many windows over a pixel add up their gradients in T.
#define FEW_WINDOWS 64
#define PIXEL_TILE 1024

// The gradients of the pixels start ..< start + length, whole rows or a part of one, added up in double.
static void NAME(max_pool_backward_of_tile)(const backflow_windows *w, size_t start, size_t length,
                                            const int32_t *winner, const T *dy, T *dx)
{
    const size_t last = start + length - 1, top = start / w->width, bottom = last / w->width;
    const size_t left = top == bottom ? start % w->width : 0, right = top == bottom ? last % w->width : w->width - 1;
    size_t o, o_end, p_first, p_end, unused;
    NAME(windows_over)(top, w->output_height, w->kernel_height, w->stride_height, w->padding_height, &o, &unused);
    NAME(windows_over)(bottom, w->output_height, w->kernel_height, w->stride_height, w->padding_height, &unused, &o_end);
    NAME(windows_over)(left, w->output_width, w->kernel_width, w->stride_width, w->padding_width, &p_first, &unused);
    NAME(windows_over)(right, w->output_width, w->kernel_width, w->stride_width, w->padding_width, &unused, &p_end);
    double sum[PIXEL_TILE], lost[PIXEL_TILE];
    FOR_EACH(k, length) sum[k] = lost[k] = 0;
    for (; o < o_end; o++) {
        for (size_t p = p_first; p < p_end; p++) {
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
        // Without room for a whole row, the run ends with the tile or the row.
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

// A mean is formed axis by axis, which takes as many additions as a window has rows and columns, not taps: the columns of a
// row of windows first, a tile of them at a time, and then their sums along the row; the way back likewise.

// The number of taps along one axis by which window o divides.
INLINE double NAME(taps_counted)(size_t extent, size_t kernel, size_t stride, size_t padding, int count_padding, size_t o)
{
    size_t first, end;
    NAME(pixels_inside)(extent, kernel, stride, padding, o, &first, &end);
    return (double)(uint32_t)(count_padding ? kernel : end - first);
}

// Tap `across` of the windows start ..< start + width finds the pixels left ..< right in windows p ..< end, in the first of
// them at pixel *at.
INLINE void NAME(windows_on_tile)(const backflow_windows *w, size_t across, size_t start, size_t width, size_t left,
                                  size_t right, size_t *p, size_t *end, size_t *at)
{
    const size_t stride = w->stride_width, from = left + w->padding_width, to = right + w->padding_width;
    *p = from <= across ? 0 : (from - across + stride - 1) / stride;
    *end = to <= across ? 0 : (to - across - 1) / stride + 1;
    if (*p < start) *p = start;
    if (*end > start + width) *end = start + width;
    *at = *p * stride + across - w->padding_width;
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

// The mean of window (o, p) whose sum overflows.
static T NAME(mean_of_scaled)(const backflow_windows *w, double count, size_t o, size_t p, const T *x)
{
    size_t top, bottom, left, right;
    NAME(pixels_inside)(w->height, w->kernel_height, w->stride_height, w->padding_height, o, &top, &bottom);
    NAME(pixels_inside)(w->width, w->kernel_width, w->stride_width, w->padding_width, p, &left, &right);
    double sum = 0, lost = 0;
    for (size_t h = top; h < bottom && left < right; h++) {
        NAME(add_to)(&sum, &lost, NAME(pairwise_sum_scaled)(right - left, x + h * w->width + left));
    }
    return (T)(NAME(total)(sum, lost) / count / SUM_SCALE);
}

// The means of windows start ..< start + width of row o.
static void NAME(average_pool_tile)(const backflow_windows *w, int count_padding, size_t o, size_t start, size_t width,
                                    const T *x, T *y)
{
    size_t top, bottom, left, right, unused;
    NAME(pixels_inside)(w->height, w->kernel_height, w->stride_height, w->padding_height, o, &top, &bottom);
    NAME(pixels_inside)(w->width, w->kernel_width, w->stride_width, w->padding_width, start, &left, &unused);
    NAME(pixels_inside)(w->width, w->kernel_width, w->stride_width, w->padding_width, start + width - 1, &unused, &right);
    double sum[COLUMN_TILE], lost[COLUMN_TILE], column[COLUMN_TILE];
    FOR_EACH(k, width) sum[k] = lost[k] = 0;
    for (; left < right; left += COLUMN_TILE) {
        const size_t columns = right - left < COLUMN_TILE ? right - left : COLUMN_TILE;
        double lost_of_column[COLUMN_TILE];
        FOR_EACH(c, columns) column[c] = lost_of_column[c] = 0;
        for (size_t h = top; h < bottom; h++) {
            const T *row = x + h * w->width + left;
            FOR_EACH(c, columns) NAME(add_tap)(&column[c], &lost_of_column[c], (double)row[c]);
        }
        FOR_EACH(c, columns) column[c] = NAME(total)(column[c], lost_of_column[c]);
        for (size_t across = 0; across < w->kernel_width; across++) {
            size_t p, end, at;
            NAME(windows_on_tile)(w, across, start, width, left, left + columns, &p, &end, &at);
            if (p >= end) continue;
            NAME(add_along)(end - p, column + (at - left), w->stride_width, sum + (p - start), lost + (p - start), 1);
        }
    }
    const double rows = NAME(taps_counted)(w->height, w->kernel_height, w->stride_height, w->padding_height, count_padding, o);
    int finite = 1;
    for (size_t k = 0; k < width; k++) {
        double count = rows * NAME(taps_counted)(w->width, w->kernel_width, w->stride_width, w->padding_width,
                                                 count_padding, start + k);
        T mean = (T)(NAME(total)(sum[k], lost[k]) / count);
        y[k] = mean;
        finite &= IS_FINITE(mean);
    }
    for (size_t k = 0; k < width && !finite; k++) {
        double count = rows * NAME(taps_counted)(w->width, w->kernel_width, w->stride_width, w->padding_width,
                                                 count_padding, start + k);
        if (!IS_FINITE(y[k])) y[k] = NAME(mean_of_scaled)(w, count, o, start + k, x);
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
    size_t o_first, o_end, start, p_end, unused;
    NAME(windows_over)(h, w->output_height, w->kernel_height, w->stride_height, w->padding_height, &o_first, &o_end);
    NAME(windows_over)(left, w->output_width, w->kernel_width, w->stride_width, w->padding_width, &start, &unused);
    NAME(windows_over)(left + width - 1, w->output_width, w->kernel_width, w->stride_width, w->padding_width, &unused,
                       &p_end);
    double sum[COLUMN_TILE], lost[COLUMN_TILE], column[COLUMN_TILE];
    FOR_EACH(k, width) sum[k] = lost[k] = 0;
    for (; start < p_end; start += COLUMN_TILE) {
        const size_t windows = p_end - start < COLUMN_TILE ? p_end - start : COLUMN_TILE;
        double lost_of_column[COLUMN_TILE];
        FOR_EACH(k, windows) column[k] = lost_of_column[k] = 0;
        for (size_t o = o_first; o < o_end; o++) {
            const double share = 1 / NAME(taps_counted)(w->height, w->kernel_height, w->stride_height, w->padding_height,
                                                        count_padding, o);
            const T *row = dy + o * w->output_width + start;
            FOR_EACH(k, windows) NAME(add_tap)(&column[k], &lost_of_column[k], (double)row[k] * share);
        }
        FOR_EACH(k, windows)
        {
            column[k] = NAME(total)(column[k], lost_of_column[k])
                / NAME(taps_counted)(w->width, w->kernel_width, w->stride_width, w->padding_width, count_padding, start + k);
        }
        for (size_t across = 0; across < w->kernel_width; across++) {
            size_t p, end, at;
            NAME(windows_on_tile)(w, across, start, windows, left, left + width, &p, &end, &at);
            if (p >= end) continue;
            NAME(add_along)(end - p, column + (p - start), 1, sum + (at - left), lost + (at - left), w->stride_width);
        }
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
