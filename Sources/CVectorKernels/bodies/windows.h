// Windows over planes: unfolding for convolutions, and pooling.

// The windows o in first ..< end whose tap at `offset` from the start of the window lies inside the plane.
INLINE void NAME(windows_inside)(size_t extent, size_t outputs, size_t stride, size_t offset, size_t padding,
                                 size_t *first, size_t *end)
{
    *first = offset >= padding ? 0 : (padding - offset + stride - 1) / stride;
    *end = extent + padding <= offset ? 0 : (extent + padding - offset - 1) / stride + 1;
    if (*end > outputs) *end = outputs;
    if (*first > *end) *first = *end;
}

// A tap (i, j) of the windows: those in o_first ..< o_end and p_first ..< p_end find it inside the plane, the window (o, p)
// at place origin + o stride_height width + p stride_width. The origin may lie before the plane.
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

// The place of the tap in window (o, p_first).
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

// A double holds a sum of floats to their last digit whatever its length; a sum of doubles keeps what it rounds away.
INLINE void NAME(add_tap)(double *sum, double *lost, T tap)
{
    if (sizeof(T) < sizeof(double)) {
        *sum += (double)tap;
    } else {
        NAME(add_to)(sum, lost, (double)tap);
    }
}

// One row of one plane, whose pixels [start, start + width) are gathered from every tap: as many additions as the kernel has
// taps. The taps of a column lie column_stride apart.
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
            FOR_EACH(k, end - p) NAME(add_tap)(&sum[to + k], &lost[to + k], from[k]);
        } else {
            FOR_EACH(k, end - p) NAME(add_tap)(&sum[to + k * stride], &lost[to + k * stride], from[k]);
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

// From which window on, and before which, a pixel is covered along one axis; pooling has no dilation.
INLINE void NAME(windows_over)(size_t pixel, size_t outputs, size_t kernel, size_t stride, size_t padding,
                               size_t *first, size_t *end)
{
    const size_t at = pixel + padding;
    *first = at < kernel ? 0 : (at - kernel) / stride + 1;
    *end = at / stride + 1 < outputs ? at / stride + 1 : outputs;
}

// Many windows may have sent a pixel their gradient: with more than these taps, a pixel adds up what its windows hold,
// in double, instead of the windows adding to the pixels in T.
#define FEW_TAPS 64

#define FOR_EACH_COVERED_PIXEL(w, k, o_first, o_end, p_first, p_end)                                                    \
    for (size_t k = 0, o_first, o_end, p_first, p_end;                                                                  \
         k < (w)->height * (w)->width                                                                                   \
         && (NAME(windows_over)(k / (w)->width, (w)->output_height, (w)->kernel_height, (w)->stride_height,             \
                                (w)->padding_height, &o_first, &o_end),                                                 \
             NAME(windows_over)(k % (w)->width, (w)->output_width, (w)->kernel_width, (w)->stride_width,                \
                                (w)->padding_width, &p_first, &p_end), 1);                                              \
         k++)

static void NAME(max_pool_gather)(const backflow_windows *w, const int32_t *winner, const T *dy, T *dx)
{
    FOR_EACH_COVERED_PIXEL(w, k, o_first, o_end, p_first, p_end) {
        double sum = 0, lost = 0;
        for (size_t o = o_first; o < o_end; o++) {
            for (size_t at = o * w->output_width + p_first; at < o * w->output_width + p_end; at++) {
                if (winner[at] == (int32_t)k) NAME(add_to)(&sum, &lost, (double)dy[at]);
            }
        }
        dx[k] = (T)NAME(total)(sum, lost);
    }
}

static void NAME(max_pool_backward)(size_t planes, const backflow_windows *w, const int32_t *winner,
                                    const T *dy, T *dx)
{
    const size_t outputs = w->output_height * w->output_width, plane = w->height * w->width;
    for (size_t n = 0; n < planes; n++, winner += outputs, dy += outputs, dx += plane) {
        if (w->kernel_height * w->kernel_width > FEW_TAPS) {
            NAME(max_pool_gather)(w, winner, dy, dx);
            continue;
        }
        for (size_t k = 0; k < plane; k++) dx[k] = 0;
        for (size_t k = 0; k < outputs; k++) {
            if (winner[k] >= 0) dx[winner[k]] += dy[k];  // a window in the padding has none
        }
    }
}

// How many of a window's taps lie inside an extent; the product of both extents' counts is the divisor of a mean.
INLINE size_t NAME(taps_inside)(size_t extent, size_t kernel, size_t stride, size_t padding, size_t o)
{
    size_t start = o * stride, end = start + kernel;
    if (start < padding) start = padding;
    if (end > extent + padding) end = extent + padding;
    return end - start;
}

INLINE T NAME(taps_counted)(const backflow_windows *w, int count_padding, size_t o, size_t p)
{
    if (count_padding) return (T)(w->kernel_height * w->kernel_width);
    return (T)(NAME(taps_inside)(w->height, w->kernel_height, w->stride_height, w->padding_height, o)
               * NAME(taps_inside)(w->width, w->kernel_width, w->stride_width, w->padding_width, p));
}

// The first pixel along one axis that window o covers, and the one behind the last.
INLINE void NAME(pixels_inside)(size_t extent, size_t kernel, size_t stride, size_t padding, size_t o,
                                size_t *first, size_t *end)
{
    const size_t start = o * stride;
    *first = start < padding ? 0 : start - padding;
    *end = start + kernel < padding ? 0 : start + kernel - padding;
    if (*end > extent) *end = extent;
}

// Σ of what one window covers, in double; times SUM_SCALE if so asked.
static double NAME(sum_of_window)(const backflow_windows *w, int scaled, size_t o, size_t p, const T *x)
{
    size_t top, bottom, left, right;
    NAME(pixels_inside)(w->height, w->kernel_height, w->stride_height, w->padding_height, o, &top, &bottom);
    NAME(pixels_inside)(w->width, w->kernel_width, w->stride_width, w->padding_width, p, &left, &right);
    double sum = 0, lost = 0;
    for (size_t h = top; h < bottom && left < right; h++) {
        const T *row = x + h * w->width + left;
        double of_row = scaled ? NAME(pairwise_sum_scaled)(right - left, row) : NAME(pairwise_sum)(right - left, row);
        NAME(add_to)(&sum, &lost, of_row);
    }
    return NAME(total)(sum, lost);
}

static T NAME(mean_of_window)(const backflow_windows *w, int count_padding, size_t o, size_t p, const T *x)
{
    const double count = (double)NAME(taps_counted)(w, count_padding, o, p);
    double mean = NAME(sum_of_window)(w, 0, o, p, x) / count;
    return (T)(IS_FINITE(mean) ? mean : NAME(sum_of_window)(w, 1, o, p, x) / count / SUM_SCALE);
}

static void NAME(average_pool)(size_t planes, const backflow_windows *w, int count_padding, const T *x, T *y)
{
    const size_t outputs = w->output_height * w->output_width;
    for (size_t plane = 0; plane < planes; plane++, x += w->height * w->width, y += outputs) {
        if (w->kernel_height * w->kernel_width > FEW_TAPS) {
            for (size_t k = 0; k < outputs; k++) {
                y[k] = NAME(mean_of_window)(w, count_padding, k / w->output_width, k % w->output_width, x);
            }
            continue;
        }
        for (size_t k = 0; k < outputs; k++) y[k] = 0;
        FOR_EACH_TAP(w, i, j) {
            NAME(Tap) tap = NAME(tap)(w, i, j);
            for (size_t o = tap.o_first; o < tap.o_end; o++) {
                const T *row = x + NAME(start_of_row)(w, &tap, o);
                T *sum = y + o * w->output_width + tap.p_first;
                const size_t stride = w->stride_width;
                FOR_EACH(p, tap.p_end - tap.p_first) sum[p] += row[p * stride];
            }
        }
        for (size_t o = 0; o < w->output_height; o++) {
            T *row = y + o * w->output_width;
            for (size_t p = 0; p < w->output_width; p++) {
                T mean = row[p] / NAME(taps_counted)(w, count_padding, o, p);
                row[p] = IS_FINITE(mean) ? mean : NAME(mean_of_window)(w, count_padding, o, p, x);
            }
        }
    }
}

static void NAME(average_pool_gather)(const backflow_windows *w, int count_padding, const T *dy, T *dx)
{
    FOR_EACH_COVERED_PIXEL(w, k, o_first, o_end, p_first, p_end) {
        double sum = 0, lost = 0;
        for (size_t o = o_first; o < o_end; o++) {
            for (size_t p = p_first; p < p_end; p++) {
                double share = (double)dy[o * w->output_width + p] / (double)NAME(taps_counted)(w, count_padding, o, p);
                NAME(add_to)(&sum, &lost, share);
            }
        }
        dx[k] = (T)NAME(total)(sum, lost);
    }
}

static void NAME(average_pool_backward)(size_t planes, const backflow_windows *w, int count_padding,
                                        const T *dy, T *dx)
{
    const size_t outputs = w->output_height * w->output_width, plane = w->height * w->width;
    for (size_t n = 0; n < planes; n++, dy += outputs, dx += plane) {
        if (w->kernel_height * w->kernel_width > FEW_TAPS) {
            NAME(average_pool_gather)(w, count_padding, dy, dx);
            continue;
        }
        for (size_t k = 0; k < plane; k++) dx[k] = 0;
        FOR_EACH_TAP(w, i, j) {
            NAME(Tap) tap = NAME(tap)(w, i, j);
            for (size_t o = tap.o_first; o < tap.o_end; o++) {
                T *row = dx + NAME(start_of_row)(w, &tap, o);
                const T *from = dy + o * w->output_width;
                for (size_t p = tap.p_first; p < tap.p_end; p++) {
                    row[(p - tap.p_first) * w->stride_width] += from[p] / NAME(taps_counted)(w, count_padding, o, p);
                }
            }
        }
    }
}
