// The backward forms of softmax and of its logarithm, and the softmax of attention that may not look ahead.

static double NAME(dot_in_double)(size_t n, const T *a, const T *b)
{
    _Pragma("clang fp reassociate(on)")
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

static void NAME(softmax_backward)(size_t rows, size_t columns, const T *y, const T *dy, T *dx)
{
    for (size_t r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        T mean = (T)NAME(dot_in_double)(columns, y, dy);
        FOR_EACH(i, columns) dx[i] = y[i] * (dy[i] - mean);
    }
}

static void NAME(log_softmax_backward)(size_t rows, size_t columns, const T *y, const T *dy, T *dx)
{
    for (size_t r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        T sum = NAME(sum)(columns, dy);
        FOR_EACH(i, columns) dx[i] = dy[i] - NAME(exp_of)(y[i]) * sum;
    }
}

static void NAME(causal_softmax)(size_t matrices, size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t m = 0; m < matrices; m++) {
        for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
            size_t visible = r + 1 < columns ? r + 1 : columns;
            NAME(softmax_of_row)(visible, NAME(maximum_of)(visible, x), x, y);
            FOR_EACH(i, columns - visible) y[visible + i] = 0;
        }
    }
}
