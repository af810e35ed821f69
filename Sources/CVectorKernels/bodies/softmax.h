// Softmax along rows. The row's maximum is subtracted first, so no exponential
// overflows; the sum of the exponentials is a double.

#define EXP_CHUNK 256
#define LOG_IN_DOUBLE JOIN(log_of, f64, ISA)

MAP(exp_shifted, (size_t n, T shift, const T *x, T *y), NAME(exp_of)(v - shift))

static double NAME(sum_of_exp_shifted)(size_t n, T shift, const T *x)
{
    double sum = 0;
    T e[EXP_CHUNK];
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        NAME(exp_shifted)(length, shift, x + start, e);
        sum += NAME(sum_in_double)(length, e);
    }
    return sum;
}

// Returns Σ exp(x - shift), by which every element was divided.
static double NAME(softmax_of_row)(size_t n, T shift, const T *x, T *y)
{
    NAME(exp_shifted)(n, shift, x, y);
    double sum = NAME(sum_in_double)(n, y);
    T divisor = (T)sum;
    FOR_EACH(i, n) y[i] /= divisor;
    return sum;
}

static void NAME(softmax)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
        NAME(softmax_of_row)(columns, NAME(maximum_of)(columns, x), x, y);
    }
}

static void NAME(log_softmax)(size_t rows, size_t columns, const T *x, T *y)
{
    for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
        T shift = NAME(maximum_of)(columns, x);
        T log_sum = (T)LOG_IN_DOUBLE(NAME(sum_of_exp_shifted)(columns, shift, x));
        FOR_EACH(i, columns) y[i] = (x[i] - shift) - log_sum;
    }
}
