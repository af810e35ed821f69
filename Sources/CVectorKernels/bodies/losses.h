// Losses and their gradients, sample by sample: one pass where the loss is of one element, a few over each row where it is
// of a row. `scale` multiplies every gradient, which saves a mean another pass.

// The loss and the gradient by x of the residual d = x − t, a = |d|. Both are read before either output is written.
#define RESIDUAL_LOSS(name, parameters, value, slope)                                  \
    static void NAME(name) parameters                                                  \
    {                                                                                  \
        const T s = (T)scale;                                                          \
        FOR_EACH(i, n)                                                                 \
        {                                                                              \
            T d = x[i] - t[i], a = NAME(magnitude)(d);                                 \
            loss[i] = (value);                                                         \
            gradient[i] = s * (slope);                                                 \
        }                                                                              \
    }

RESIDUAL_LOSS(squared_error, (size_t n, double scale, const T *x, const T *t, T *loss, T *gradient), a * a, 2 * d)

// Every comparison with NaN is false, so NaN takes the branch that passes it.
RESIDUAL_LOSS(huber, (size_t n, T delta, double scale, const T *x, const T *t, T *loss, T *gradient),
              a <= delta ? (T)0.5 * d * d : delta * (a - (T)0.5 * delta), d > delta ? delta : d < -delta ? -delta : d)

RESIDUAL_LOSS(smooth_l1, (size_t n, T beta, double scale, const T *x, const T *t, T *loss, T *gradient),
              a < beta ? (T)0.5 * d * d / beta : a - (T)0.5 * beta,
              d > beta ? 1 : d < -beta ? -1 : beta > 0 ? d / beta : d)

// −t ln σ(x) − (1 − t) ln(1 − σ(x)) = max(x, 0) − x t + ln(1 + e^−|x|), and σ(x) − t; written so that a sure and right
// answer keeps its digits: nothing is subtracted from a number near 1.
static void NAME(sigmoid_cross_entropy)(size_t n, double scale, const T *x, const T *t, T *loss, T *gradient)
{
    const T s = (T)scale;
    FOR_EACH(i, n)
    {
        T v = x[i], target = t[i], e = NAME(exp_of_minus)(NAME(magnitude)(v)), share = e / (1 + e);
        T tail = NAME(log1p_of)(e, COUNT(NAME(log1p_coefficients)), NAME(log1p_coefficients), 0);
        loss[i] = (v > 0 ? v * (1 - target) : -v * target) + tail;
        gradient[i] = s * (v > 0 ? (1 - target) - share : share - target);
    }
}

// Σ (x − shift), in double.
static double NAME(sum_of_shifted)(size_t n, T shift, const T *x)
{
    double sum = 0;
    T shifted[EXP_CHUNK];
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        FOR_EACH(i, length) shifted[i] = x[start + i] - shift;
        sum += NAME(sum_in_double)(length, shifted);
    }
    return sum;
}

static void NAME(cross_entropy)(size_t rows, size_t columns, double smoothing, double scale, const T *logits,
                                const int64_t *labels, T *loss, T *gradient)
{
    const T s = (T)scale, chosen = (T)(1 - smoothing), other = smoothing > 0 ? (T)(smoothing / (double)columns) : 0;
    for (size_t r = 0; r < rows; r++, logits += columns, gradient += columns) {
        if (labels[r] < 0) {
            loss[r] = 0;
            NAME(fill)(columns, 0, gradient);
            continue;
        }
        T shift = NAME(maximum_of)(columns, logits);
        double expected = (1 - smoothing) * (double)(logits[labels[r]] - shift);
        if (smoothing > 0) expected += smoothing / (double)columns * NAME(sum_of_shifted)(columns, shift, logits);
        double sum = NAME(softmax_of_row)(columns, shift, logits, gradient);
        loss[r] = (T)(LOG_IN_DOUBLE(sum) - expected);
        gradient[labels[r]] -= chosen;
        FOR_EACH(i, columns) gradient[i] = s * (gradient[i] - other);
    }
}

// q = keep · target + other of one row: returns Σ q, and Σ q (x − shift) in *expected, where q = 0 silences x = −∞.
static double NAME(weights_of_row)(size_t n, T keep, T other, T shift, const T *x, const T *targets, double *expected)
{
    double mass = 0;
    T q[EXP_CHUNK], term[EXP_CHUNK];
    *expected = 0;
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        FOR_EACH(i, length)
        {
            q[i] = keep * targets[start + i] + other;
            term[i] = q[i] == 0 ? 0 : q[i] * (x[start + i] - shift);
        }
        mass += NAME(sum_in_double)(length, q);
        *expected += NAME(sum_in_double)(length, term);
    }
    return mass;
}

// The exponentials are formed twice, because the gradient may take the place of either input.
static void NAME(soft_cross_entropy)(size_t rows, size_t columns, double smoothing, double scale, const T *logits,
                                     const T *targets, T *loss, T *gradient)
{
    const T s = (T)scale, keep = (T)(1 - smoothing), other = smoothing > 0 ? (T)(smoothing / (double)columns) : 0;
    for (size_t r = 0; r < rows; r++, logits += columns, targets += columns, gradient += columns) {
        T shift = NAME(maximum_of)(columns, logits);
        double sum = NAME(sum_of_exp_shifted)(columns, shift, logits), expected;
        double mass = NAME(weights_of_row)(columns, keep, other, shift, logits, targets, &expected);
        loss[r] = (T)(mass * LOG_IN_DOUBLE(sum) - expected);
        const T share = (T)(mass / sum);
        FOR_EACH(i, columns)
        {
            T q = keep * targets[i] + other;
            gradient[i] = s * (NAME(exp_of)(logits[i] - shift) * share - q);
        }
    }
}

// z = margin − x[y] + x[i]; NaN passes, because it is not ≤ 0.
static void NAME(multi_margin)(size_t rows, size_t columns, T margin, int squared, double scale, const T *scores,
                               const int64_t *labels, T *loss, T *gradient)
{
    const T s = (T)(scale / (double)columns);
    T z[EXP_CHUNK], value[EXP_CHUNK];
    for (size_t r = 0; r < rows; r++, scores += columns, gradient += columns) {
        size_t label = (size_t)labels[r];
        T offset = margin - scores[label];
        double total = 0, pull = 0;
        for (size_t start = 0; start < columns; start += EXP_CHUNK) {
            size_t length = columns - start < EXP_CHUNK ? columns - start : EXP_CHUNK;
            FOR_EACH(i, length)
            {
                T v = offset + scores[start + i];
                z[i] = v <= 0 ? 0 : v;
            }
            if (label - start < length) z[label - start] = 0;
            FOR_EACH(i, length)
            {
                T slope = z[i] > 0 ? 1 : z[i];
                value[i] = squared ? z[i] * z[i] : z[i];
                gradient[start + i] = s * (squared ? 2 * z[i] : slope);
            }
            total += NAME(sum_in_double)(length, value);
            pull += NAME(sum_in_double)(length, gradient + start);
        }
        loss[r] = (T)(total / (double)columns);
        gradient[label] = (T)-pull;
    }
}

static void NAME(gather_columns)(size_t rows, size_t columns, const T *x, const int64_t *indices, T *y)
{
    for (size_t r = 0; r < rows; r++) y[r] = x[r * columns + (size_t)indices[r]];
}

// From the last row to the first, so that in place no value is overwritten before it is read.
static void NAME(scatter_columns)(size_t rows, size_t columns, const T *values, const int64_t *indices, T *y)
{
    for (size_t r = rows; r-- > 0;) {
        T value = values[r];
        NAME(fill)(columns, 0, y + r * columns);
        y[r * columns + (size_t)indices[r]] = value;
    }
}

static void NAME(weight_rows)(size_t rows, size_t columns, const T *weights, const T *x, T *y)
{
    for (size_t r = rows; r-- > 0;) NAME(scale)(columns, weights[r], x + r * columns, y + r * columns);
}
