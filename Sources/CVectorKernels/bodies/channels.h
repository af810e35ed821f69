// Arrays [outer, channels, inner] with one number for each channel. With inner = 1 the loop runs along the channels, else
// along inner: both ways it is contiguous.

// y[c] = Σ term in double; term reads the elements u and v of a and b, and what `number` declares of channel c.
#define CHANNEL_SUM(name, number, term)                                                                      \
    static double NAME(name##_of_run)(size_t n, size_t c, const T *mean, const T *a, const T *b)             \
    {                                                                                                        \
        _Pragma("clang fp reassociate(on)")                                                                  \
        double sum = 0;                                                                                      \
        number;                                                                                              \
        for (size_t i = 0; i < n; i++) { T u = a[i], v = b[i]; sum += (term); }                              \
        return sum;                                                                                          \
    }                                                                                                        \
    static void NAME(name##_of_columns)(size_t rows, size_t columns, size_t first, size_t width,             \
                                        const T *mean, const T *a, const T *b, T *y)                         \
    {                                                                                                        \
        double total[COLUMN_TILE];                                                                           \
        FOR_EACH(j, width) total[j] = 0;                                                                     \
        for (size_t r = 0; r < rows; r++, a += columns, b += columns) {                                      \
            FOR_EACH(j, width) { size_t c = first + j; number; T u = a[c], v = b[c]; total[j] += (term); }   \
        }                                                                                                    \
        FOR_EACH(j, width) y[first + j] = (T)total[j];                                                       \
    }                                                                                                        \
    static void NAME(name##_over)(size_t outer, size_t channels, size_t inner,                               \
                                  const T *mean, const T *a, const T *b, T *y)                               \
    {                                                                                                        \
        for (size_t c = 0; inner == 1 && c < channels; c += COLUMN_TILE) {                                   \
            size_t width = channels - c < COLUMN_TILE ? channels - c : COLUMN_TILE;                          \
            NAME(name##_of_columns)(outer, channels, c, width, mean, a, b, y);                               \
        }                                                                                                    \
        for (size_t c = 0; inner != 1 && c < channels; c++) {                                                \
            double total = 0;                                                                                \
            for (size_t o = 0; o < outer; o++) {                                                             \
                size_t start = (o * channels + c) * inner;                                                   \
                total += NAME(name##_of_run)(inner, c, mean, a + start, b + start);                          \
            }                                                                                                \
            y[c] = (T)total;                                                                                 \
        }                                                                                                    \
    }

CHANNEL_SUM(channel_squares, const T m = mean[c], (double)(u - m) * (double)(v - m))
CHANNEL_SUM(channel_dots, (void)mean; (void)c, (double)u * (double)v)

static void NAME(channel_sums)(size_t outer, size_t channels, size_t inner, const T *x, T *y)
{
    if (inner == 1) {
        NAME(sum_rows)(outer, channels, 0, x, y);
        return;
    }
    for (size_t c = 0; c < channels; c++) {
        double total = 0;
        for (size_t o = 0; o < outer; o++) total += NAME(sum_in_double)(inner, x + (o * channels + c) * inner);
        y[c] = (T)total;
    }
}

static void NAME(channel_squares)(size_t outer, size_t channels, size_t inner, const T *mean, const T *x, T *y)
{
    NAME(channel_squares_over)(outer, channels, inner, mean, x, x, y);
}

static void NAME(channel_dots)(size_t outer, size_t channels, size_t inner, const T *a, const T *b, T *y)
{
    NAME(channel_dots_over)(outer, channels, inner, NULL, a, b, y);
}

// y[i] = expression, which reads element i and what `numbers` declares of channel c.
#define CHANNEL_MAP(name, parameters, numbers, expression)                                                   \
    static void NAME(name) parameters                                                                        \
    {                                                                                                        \
        for (size_t o = 0; o < outer; o++) {                                                                 \
            size_t start = o * channels * inner;                                                             \
            if (inner == 1) {                                                                                \
                FOR_EACH(c, channels) { numbers; size_t i = start + c; y[i] = (expression); }                \
                continue;                                                                                    \
            }                                                                                                \
            for (size_t c = 0; c < channels; c++, start += inner) {                                          \
                numbers;                                                                                     \
                FOR_EACH(j, inner) { size_t i = start + j; y[i] = (expression); }                            \
            }                                                                                                \
        }                                                                                                    \
    }

CHANNEL_MAP(channel_standardize,
            (size_t outer, size_t channels, size_t inner, const T *mean, const T *scale, const T *x, T *y),
            const T m = mean[c]; const T s = scale[c], (x[i] - m) * s)
CHANNEL_MAP(channel_affine,
            (size_t outer, size_t channels, size_t inner, const T *scale, const T *shift, const T *x, T *y),
            const T s = scale[c]; const T t = shift[c], x[i] * s + t)
CHANNEL_MAP(channel_combine,
            (size_t outer, size_t channels, size_t inner,
             const T *p, const T *q, const T *r, const T *a, const T *b, T *y),
            const T f = p[c]; const T g = q[c]; const T h = r[c], f * a[i] + g * b[i] + h)
