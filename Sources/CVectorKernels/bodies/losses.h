// Losses and their gradients for each sample: one pass if a sample is one element, a few passes over each row if it is a row.
// `scale` multiplies every gradient, which saves a second pass for a mean.
#pragma once

#include "elementwise.h"
#include "exponential.h"
#include "reductions.h"
#include "softmax.h"
#include "sums.h"

// The loss and the gradient with respect to x of the residual d = x − t, a = |d|. Both inputs are read before either output
// is written.
#define RESIDUAL_LOSS(name, parameters, value, slope)                                  \
    static void NAME(name) parameters                                                  \
    {                                                                                  \
        const T s = (T)scale;                                                          \
        FOR_EACH(i, n)                                                                 \
        {                                                                              \
            T x_i = x[i], t_i = t[i], d = x_i - t_i, a = NAME(magnitude)(d);           \
            loss[i] = (value);                                                         \
            gradient[i] = (slope);                                                     \
        }                                                                              \
    }

RESIDUAL_LOSS(squared_error, (size_t n, double scale, const T *x, const T *t, T *loss, T *gradient), a * a, 2 * s * d)

// slope (a − bound / 2), also where x − t overflows and this does not.
INLINE T NAME(linear_tail)(T x, T t, T a, T slope, T bound)
{
    T half = NAME(magnitude)((T)0.5 * x - (T)0.5 * t);
    return a < INFINITE ? slope * (a - (T)0.5 * bound) : 2 * slope * (half - (T)0.25 * bound);
}

// Every comparison with NaN is false, so NaN takes the branch that passes it.
RESIDUAL_LOSS(huber, (size_t n, T delta, double scale, const T *x, const T *t, T *loss, T *gradient),
              a <= delta ? (T)0.5 * d * d : NAME(linear_tail)(x_i, t_i, a, delta, delta),
              s * (d > delta ? delta : d < -delta ? -delta : d))

// d / beta is at most 1 where d² might overflow.
RESIDUAL_LOSS(smooth_l1, (size_t n, T beta, double scale, const T *x, const T *t, T *loss, T *gradient),
              a < beta ? (T)0.5 * d * (d / beta) : NAME(linear_tail)(x_i, t_i, a, 1, beta),
              s * (d > beta ? 1 : d < -beta ? -1 : beta > 0 ? d / beta : d))

// −t ln σ(x) − (1 − t) ln(1 − σ(x)) = |x| · (the probability given to the wrong side) + ln(1 + e^−|x|), and σ(x) − t; written
// so that an answer that is nearly certain and right keeps its digits: nothing is subtracted from a number near 1, and an
// infinite logit that is entirely right costs 0.
static void NAME(sigmoid_cross_entropy)(size_t n, double scale, const T *x, const T *t, T *loss, T *gradient)
{
    const T s = (T)scale;
    FOR_EACH(i, n)
    {
        T v = x[i], target = t[i], a = NAME(magnitude)(v), e = NAME(exp_of_minus)(a), share = e / (1 + e);
        T wrong = v > 0 ? 1 - target : target;
        loss[i] = (wrong == 0 ? 0 : a * wrong) + NAME(log_of_one_plus)(e);
        gradient[i] = s * (v > 0 ? wrong - share : share - wrong);
    }
}

// Σ (x − shift), in double.
static double NAME(sum_of_shifted)(size_t n, T shift, const T *x)
{
    double sum = 0, lost = 0;
    T shifted[EXP_CHUNK];
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        FOR_EACH(i, length) shifted[i] = x[start + i] - shift;
        NAME(add_to)(&sum, &lost, NAME(sum_in_double)(length, shifted));
    }
    return NAME(total)(sum, lost);
}

// The gradient of the label is p − q with p = 1 − (the rest of the sum) / sum: where the answer is nearly certain and right,
// only the rest is left, so the row's sum is formed without the label.
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
        size_t label = (size_t)labels[r];
        T shift = NAME(maximum_of)(columns, logits);
        double expected = (1 - smoothing) * (double)(logits[label] - shift), e;
        if (smoothing > 0) expected += smoothing / (double)columns * NAME(sum_of_shifted)(columns, shift, logits);
        double rest = NAME(softmax_of_row)(columns, label, shift, logits, gradient, &e);
        loss[r] = (T)(NAME(log_of_sum)(e, rest) - expected);
        gradient[label] = (1 - chosen) * gradient[label] - chosen * (T)(rest / (e + rest));
        FOR_EACH(i, columns) gradient[i] = s * (gradient[i] - other);
    }
}

// q = keep · target + other of one row without one element: returns Σ q, and Σ q (x − shift) in *expected, where x = −∞
// does not count if q = 0.
static double NAME(weights_without)(size_t n, size_t apart, T keep, T other, T shift, const T *x, const T *targets, double *expected)
{
    double mass = 0, mass_lost = 0, terms = 0, terms_lost = 0;
    T q[EXP_CHUNK], term[EXP_CHUNK];
    for (size_t start = 0; start < n; start += EXP_CHUNK) {
        size_t length = n - start < EXP_CHUNK ? n - start : EXP_CHUNK;
        FOR_EACH(i, length)
        {
            q[i] = keep * targets[start + i] + other;
            term[i] = q[i] == 0 ? 0 : q[i] * (x[start + i] - shift);
        }
        if (apart - start < length) q[apart - start] = term[apart - start] = 0;
        NAME(add_to)(&mass, &mass_lost, NAME(sum_in_double)(length, q));
        NAME(add_to)(&terms, &terms_lost, NAME(sum_in_double)(length, term));
    }
    *expected = NAME(total)(terms, terms_lost);
    return NAME(total)(mass, mass_lost);
}

// The exponentials are computed twice, because the gradient may overwrite either input. For the largest logit, p is
// 1 − rest / sum, and p Σq − q = p (Σq − q) − q rest / sum, which keeps its digits where the answer is nearly certain.
static void NAME(soft_cross_entropy)(size_t rows, size_t columns, double smoothing, double scale, const T *logits,
                                     const T *targets, T *loss, T *gradient)
{
    const T s = (T)scale, keep = (T)(1 - smoothing), other = smoothing > 0 ? (T)(smoothing / (double)columns) : 0;
    for (size_t r = 0; r < rows; r++, logits += columns, targets += columns, gradient += columns) {
        if (columns == 0) {
            loss[r] = 0;
            continue;
        }
        const size_t top = NAME(index_of_maximum)(columns, logits);
        T shift = logits[top], q_top = keep * targets[top] + other;
        double e, rest = NAME(sum_of_exp_without)(columns, top, shift, logits, &e), sum = e + rest, expected;
        double mass = NAME(weights_without)(columns, top, keep, other, shift, logits, targets, &expected);
        expected += q_top == 0 ? 0 : (double)q_top * (double)(logits[top] - shift);
        T of_top = (T)(mass * (e / sum) - (double)q_top * (rest / sum));
        mass += (double)q_top;
        loss[r] = (T)(mass * NAME(log_of_sum)(e, rest) - expected);
        const T share = (T)(mass / sum);
        FOR_EACH(i, columns)
        {
            T q = keep * targets[i] + other;
            gradient[i] = s * (NAME(exp_of)(logits[i] - shift) * share - q);
        }
        gradient[top] = s * of_top;
    }
}

// z = margin + (x[i] − x[y]); NaN passes, because it is not ≤ 0.
static void NAME(multiclass_hinge)(size_t rows, size_t columns, T margin, int squared, double scale, const T *scores,
                               const int64_t *labels, T *loss, T *gradient)
{
    const T s = (T)(scale / (double)columns), share = (T)(1 / (double)columns);
    T z[EXP_CHUNK], value[EXP_CHUNK];
    for (size_t r = 0; r < rows; r++, scores += columns, gradient += columns) {
        size_t label = (size_t)labels[r];
        const T own = scores[label];
        double total = 0, total_lost = 0, pull = 0, pull_lost = 0;
        for (size_t start = 0; start < columns; start += EXP_CHUNK) {
            size_t length = columns - start < EXP_CHUNK ? columns - start : EXP_CHUNK;
            FOR_EACH(i, length)
            {
                T v = margin + (scores[start + i] - own);  // the margin is added last: it may be less than one ulp of x
                z[i] = v <= 0 ? 0 : v;
            }
            if (label - start < length) z[label - start] = 0;
            FOR_EACH(i, length)
            {
                T slope = z[i] > 0 ? 1 : z[i];
                value[i] = z[i] * share * (squared ? z[i] : 1);  // the share multiplies first, so that only a mean can overflow
                gradient[start + i] = squared ? 2 * s * z[i] : s * slope;
            }
            NAME(add_to)(&total, &total_lost, NAME(sum_in_double)(length, value));
            NAME(add_to)(&pull, &pull_lost, NAME(sum_in_double)(length, gradient + start));
        }
        loss[r] = (T)NAME(total)(total, total_lost);
        gradient[label] = (T)-NAME(total)(pull, pull_lost);
    }
}
