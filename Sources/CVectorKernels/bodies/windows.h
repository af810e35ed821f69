// Windows over planes, and unfolding for convolutions.
#pragma once

#include "sums.h"

// The windows o in first ..< end whose tap at `offset` from the start of the window lies inside the plane.
INLINE void NAME(windows_inside)(size_t extent, size_t outputs, size_t stride, size_t offset, size_t padding,
                                 size_t *first, size_t *end)
{
    *first = offset >= padding ? 0 : (padding - offset + stride - 1) / stride;
    *end = extent + padding <= offset ? 0 : (extent + padding - offset - 1) / stride + 1;
    if (*end > outputs) *end = outputs;
    if (*first > *end) *first = *end;
}

// A tap (i, j) of the windows: for windows in o_first ..< o_end and p_first ..< p_end it lies inside the plane, for window (o,
// p) at index origin + o stride_height width + p stride_width. The origin may lie before the plane.
typedef struct {
    size_t o_first, o_end, p_first, p_end;
    ptrdiff_t origin;
} NAME(Tap);

INLINE NAME(Tap) NAME(tap)(const backflow_windows *w, size_t i, size_t j)
{
    NAME(Tap) tap;
    size_t down = i * w->dilation_height, across = j * w->dilation_width;
    NAME(windows_inside)(w->height, w->output_height, w->stride_height, down, w->padding_height,
                         &tap.o_first, &tap.o_end);
    NAME(windows_inside)(w->width, w->output_width, w->stride_width, across, w->padding_width,
                         &tap.p_first, &tap.p_end);
    tap.origin = ((ptrdiff_t)down - (ptrdiff_t)w->padding_height) * (ptrdiff_t)w->width
        + (ptrdiff_t)across - (ptrdiff_t)w->padding_width;
    return tap;
}

// The index of the tap in window (o, p_first).
INLINE size_t NAME(start_of_row)(const backflow_windows *w, const NAME(Tap) *tap, size_t o)
{
    return (size_t)(tap->origin + (ptrdiff_t)(o * w->stride_height * w->width + tap->p_first * w->stride_width));
}

#define FOR_EACH_TAP(w, i, j)                          \
    for (size_t i = 0; i < (w)->kernel_height; i++)    \
        for (size_t j = 0; j < (w)->kernel_width; j++)

static void NAME(unfold_tap)(const backflow_windows *w, NAME(Tap) tap, const T *plane, T *column)
{
    const size_t outputs = w->output_width, stride = w->stride_width;
    for (size_t o = 0; o < w->output_height; o++, column += outputs) {
        if (o < tap.o_first || o >= tap.o_end || tap.p_first == tap.p_end) {
            memset(column, 0, outputs * sizeof(T));
            continue;
        }
        const T *row = plane + NAME(start_of_row)(w, &tap, o);
        for (size_t p = 0; p < tap.p_first; p++) column[p] = 0;
        T *to = column + tap.p_first;
        if (stride == 1) {
            memcpy(to, row, (tap.p_end - tap.p_first) * sizeof(T));
        } else {
            FOR_EACH(p, tap.p_end - tap.p_first) to[p] = row[p * stride];
        }
        for (size_t p = tap.p_end; p < outputs; p++) column[p] = 0;
    }
}

static void NAME(unfold)(size_t samples, size_t channels, size_t sample_stride, const backflow_windows *w,
                         const T *x, T *columns)
{
    size_t outputs = w->output_height * w->output_width;
    if (outputs == 0) return;
    for (size_t c = 0; c < channels; c++, x += w->height * w->width) {
        FOR_EACH_TAP(w, i, j) {
            NAME(Tap) tap = NAME(tap)(w, i, j);
            for (size_t n = 0; n < samples; n++, columns += outputs) {
                NAME(unfold_tap)(w, tap, x + n * sample_stride, columns);
            }
        }
    }
}

// A double holds the exact sum of as many floats as a window has taps; for doubles, the sum keeps what it rounds away.
INLINE void NAME(add_tap)(double *sum, double *lost, double tap)
{
    if (sizeof(T) < sizeof(double)) {
        *sum += tap;
    } else {
        NAME(add_to)(sum, lost, tap);
    }
}

// One row of one plane, pixels start ..< start + width, as the sum over all taps: as many additions as a window has taps.
// The columns of consecutive taps are column_stride apart.
static void NAME(fold_row)(const backflow_windows *w, size_t column_stride, const T *columns, size_t h,
                           size_t start, size_t width, T *row)
{
    double sum[COLUMN_TILE], lost[COLUMN_TILE];
    FOR_EACH(x, width) sum[x] = lost[x] = 0;
    FOR_EACH_TAP(w, i, j) {
        const T *column = columns + (i * w->kernel_width + j) * column_stride;
        const size_t down = i * w->dilation_height, across = j * w->dilation_width, stride = w->stride_width;
        const size_t at = h + w->padding_height;
        if (at < down || (at - down) % w->stride_height != 0) continue;
        const size_t o = (at - down) / w->stride_height;
        if (o >= w->output_height) continue;
        // The windows p whose tap, at p stride + across − padding, lies in the tile.
        const size_t first_at = start + w->padding_width, end_at = first_at + width;
        size_t p = first_at <= across ? 0 : (first_at - across + stride - 1) / stride;
        size_t end = end_at <= across ? 0 : (end_at - across - 1) / stride + 1;
        if (end > w->output_width) end = w->output_width;
        if (p >= end) continue;
        const T *from = column + o * w->output_width + p;
        const size_t to = p * stride + across - first_at;
        if (stride == 1) {
            FOR_EACH(k, end - p) NAME(add_tap)(&sum[to + k], &lost[to + k], (double)from[k]);
        } else {
            FOR_EACH(k, end - p) NAME(add_tap)(&sum[to + k * stride], &lost[to + k * stride], (double)from[k]);
        }
    }
    FOR_EACH(x, width) row[start + x] = (T)NAME(total)(sum[x], lost[x]);
}

static void NAME(fold)(size_t samples, size_t channels, size_t sample_stride, const backflow_windows *w,
                       const T *columns, T *dx)
{
    const size_t outputs = w->output_height * w->output_width, taps = w->kernel_height * w->kernel_width;
    for (size_t c = 0; c < channels; c++, columns += taps * samples * outputs) {
        for (size_t n = 0; n < samples; n++) {
            T *plane = dx + n * sample_stride + c * w->height * w->width;
            for (size_t h = 0; h < w->height; h++) {
                FOR_EACH_TILE(start, width, w->width)
                {
                    NAME(fold_row)(w, samples * outputs, columns + n * outputs, h, start, width, plane + h * w->width);
                }
            }
        }
    }
}
