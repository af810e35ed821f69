// The backward forms of softmax and of its logarithm, and the softmax of attention that may not look ahead.

#define EXPM1_IN_DOUBLE JOIN(expm1_of_negative, f64, ISA)

// Of the largest y, which may be nearly 1, dy − Σ y dy is dy Σ′y − Σ′ y dy with sums over the rest, which do not cancel.
static void NAME(softmax_backward)(size_t rows, size_t columns, const T *y, const T *dy, T *dx)
{
    for (size_t r = 0; r < rows && columns > 0; r++, y += columns, dy += columns, dx += columns) {
        const size_t top = NAME(index_of_maximum)(columns, y), behind = top + 1;
        double y_top = (double)y[top], dy_top = (double)dy[top];
        double rest = NAME(sum_in_double)(top, y) + NAME(sum_in_double)(columns - behind, y + behind);
        double dots = NAME(dot)(top, y, dy) + NAME(dot)(columns - behind, y + behind, dy + behind);
        T mean = (T)(y_top * dy_top + dots);
        FOR_EACH(i, columns) dx[i] = y[i] * (dy[i] - mean);
        dx[top] = (T)(y_top * (dy_top * rest - dots));
    }
}

// Of the largest y, which may be nearly 0, dy − e^y Σ dy is −(e^y − 1) dy − e^y Σ′ dy with the sum over the rest.
static void NAME(log_softmax_backward)(size_t rows, size_t columns, const T *y, const T *dy, T *dx)
{
    for (size_t r = 0; r < rows && columns > 0; r++, y += columns, dy += columns, dx += columns) {
        const size_t top = NAME(index_of_maximum)(columns, y), behind = top + 1;
        double y_top = (double)y[top], dy_top = (double)dy[top];
        double rest = NAME(sum_in_double)(top, dy) + NAME(sum_in_double)(columns - behind, dy + behind);
        T sum = (T)(dy_top + rest);
        FOR_EACH(i, columns) dx[i] = dy[i] - NAME(exp_of)(y[i]) * sum;
        double shrunk = EXPM1_IN_DOUBLE(y_top);
        dx[top] = (T)(-shrunk * dy_top - (1 + shrunk) * rest);
    }
}

static void NAME(causal_softmax)(size_t matrices, size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t m = 0; m < matrices; m++) {
        for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
            size_t visible = r + 1 < columns ? r + 1 : columns;
            NAME(exp_normalized)(visible, x, y);
            FOR_EACH(i, columns - visible) y[visible + i] = 0;
        }
    }
}
