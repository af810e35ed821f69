// The image that a convolution reads instead of columns. It has the padding written out and is divided into its phases
// [stride_height, stride_width], each of them a plane of every stride-th row and column. So windows next to each other
// read elements next to each other: a tap of all windows is one phase, shifted. Rows of a phase are `columns` long, a
// little longer than a row of windows. What follows the last plane is read by whole vectors and used by none.
#pragma once

#include "packed_product.h"
#include "windows.h"

typedef struct {
    size_t rows, columns;  // of a phase
    size_t plane;  // the elements of all phases of a channel
} NAME(Lattice);

INLINE NAME(Lattice) NAME(lattice)(const backflow_windows *w)
{
    NAME(Lattice) lattice;
    lattice.rows = w->output_height + (w->kernel_height - 1) * w->dilation_height / w->stride_height;
    lattice.columns = w->output_width + (w->kernel_width - 1) * w->dilation_width / w->stride_width;
    lattice.plane = lattice.rows * lattice.columns * w->stride_height * w->stride_width;
    return lattice;
}

#define IMAGE_SLACK (4 * PANEL)

static size_t NAME(shifted_size)(size_t channels, const backflow_windows *w)
{
    return channels * NAME(lattice)(w).plane + IMAGE_SLACK;
}

// One row of one phase: elements first, first + stride, … of the row of the plane, 0 in the padding.
INLINE void NAME(phase_row)(const backflow_windows *w, size_t columns, size_t phase, const T *row, T *to)
{
    const size_t stride = w->stride_width;
    size_t first, end;
    NAME(windows_inside)(w->width, columns, stride, phase, w->padding_width, &first, &end);
    for (size_t q = 0; q < first; q++) to[q] = 0;
    const T *from = row + (ptrdiff_t)(first * stride + phase) - (ptrdiff_t)w->padding_width;
    if (stride == 1) {
        memcpy(to + first, from, (end - first) * sizeof(T));
    } else {
        for (size_t q = first; q < end; q++) to[q] = from[(q - first) * stride];
    }
    for (size_t q = end; q < columns; q++) to[q] = 0;
}

static void NAME(shift_image)(size_t channels, const backflow_windows *w, const T *x, T *image)
{
    const NAME(Lattice) lattice = NAME(lattice)(w);
    for (size_t c = 0; c < channels; c++, x += w->height * w->width) {
        for (size_t i = 0; i < w->stride_height; i++) {
            for (size_t j = 0; j < w->stride_width; j++) {
                for (size_t r = 0; r < lattice.rows; r++, image += lattice.columns) {
                    const size_t at = r * w->stride_height + i;
                    if (at < w->padding_height || at - w->padding_height >= w->height) {
                        memset(image, 0, lattice.columns * sizeof(T));
                    } else {
                        NAME(phase_row)(w, lattice.columns, j, x + (at - w->padding_height) * w->width, image);
                    }
                }
            }
        }
    }
    memset(image, 0, IMAGE_SLACK * sizeof(T));
}

static void NAME(shifts)(size_t channels, const backflow_windows *w, int64_t *shifts)
{
    const NAME(Lattice) lattice = NAME(lattice)(w);
    for (size_t c = 0; c < channels; c++) {
        FOR_EACH_TAP(w, i, j) {
            const size_t down = i * w->dilation_height, across = j * w->dilation_width;
            const size_t phase = down % w->stride_height * w->stride_width + across % w->stride_width;
            const size_t row = phase * lattice.rows + down / w->stride_height;
            *shifts++ = (int64_t)(c * lattice.plane + row * lattice.columns + across / w->stride_width);
        }
    }
}
