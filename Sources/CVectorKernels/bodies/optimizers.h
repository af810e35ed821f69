// Updates of parameters in place, in PyTorch's order of operations (torch.optim's single-tensor rules).
#pragma once

#include "declarations.h"

// nesterov is a constant where this is inlined.
INLINE void NAME(sgd_with)(int nesterov, size_t n, T rate, T m, T decay, const T *gradient, T *velocity, T *parameter)
{
    FOR_EACH(i, n)
    {
        T g = gradient[i] + decay * parameter[i];
        T v = m * velocity[i] + g;
        velocity[i] = v;
        parameter[i] -= rate * (nesterov ? g + m * v : v);
    }
}

static void NAME(sgd_update)(size_t n, double learning_rate, double momentum, int nesterov, double weight_decay,
                             const T *gradient, T *velocity, T *parameter)
{
    const T rate = (T)learning_rate, m = (T)momentum, decay = (T)weight_decay;
    if (nesterov) {
        NAME(sgd_with)(1, n, rate, m, decay, gradient, velocity, parameter);
    } else {
        NAME(sgd_with)(0, n, rate, m, decay, gradient, velocity, parameter);
    }
}

// Adaptive rules divide by a root of squares. Beyond 2^63 (float; 2^511, double) a square overflows, and a sum that
// is infinite once would stop the parameter forever. A larger gradient therefore counts as one of that size: the
// step depends on the ratio of a gradient to the root of its square. NaN and infinity become NaN. The square of a number
// below the inverse of that limit has lost digits or is 0, so no divisor is smaller.
#define LARGEST_SQUARED ((T)(sizeof(T) == 4 ? 0x1p63 : 0x1p511))
#define SMALLEST_SQUARED ((T)(sizeof(T) == 4 ? 0x1p-63 : 0x1p-511))
#define LARGEST ((T)(sizeof(T) == 4 ? 0x1.fffffep127 : 0x1.fffffffffffffp1023))

INLINE T NAME(limited_gradient)(T g)
{
    T above = g > -LARGEST_SQUARED ? g : -LARGEST_SQUARED;
    T limited = above < LARGEST_SQUARED ? above : LARGEST_SQUARED;
    return limited + 0 * g;
}

INLINE T NAME(limited_epsilon)(double epsilon)
{
    return (T)epsilon < SMALLEST_SQUARED ? SMALLEST_SQUARED : (T)epsilon;
}

// The moving average keep · mean + (1 − keep) · value. The rounded factors of that sum need not add up to 1, and a constant
// value would not be its own average; with mean + share (value − mean) it is. Where little is kept, the difference
// would lose the digits of the value, and the two factors are accurate enough.
typedef struct {
    T share, difference, kept;
} NAME(Average);

INLINE NAME(Average) NAME(average_keeping_most)(double keep) { return (NAME(Average)) {(T)(1 - keep), 1, 1}; }

INLINE NAME(Average) NAME(average)(double keep)
{
    NAME(Average) keeping_little = {(T)(1 - keep), 0, (T)keep};
    return keep < 0.5 ? keeping_little : NAME(average_keeping_most)(keep);
}

INLINE T NAME(averaged)(NAME(Average) average, T mean, T value)
{
    return average.kept * mean + average.share * (value - average.difference * mean);
}

INLINE void NAME(adam_with)(NAME(Average) of_gradients, NAME(Average) of_squares, size_t n, T step, T root_factor, T eps,
                            T decay, T decoupled, const T *gradient, T *m, T *v, T *parameter)
{
    FOR_EACH(i, n)
    {
        T p = parameter[i], g = NAME(limited_gradient)(gradient[i] + decay * p);
        T first = NAME(averaged)(of_gradients, m[i], g), second = NAME(averaged)(of_squares, v[i], g * g);
        m[i] = first;
        v[i] = second;
        parameter[i] = p - (step * first / (__builtin_elementwise_sqrt(second) * root_factor + eps) + decoupled * p);
    }
}

// The usual settings keep most of the average; with these factors as constants it costs two operations.
static void NAME(adam_update)(size_t n, double learning_rate, double beta1, double beta2, double epsilon,
                              double correction1, double correction2, double weight_decay, double decoupled_decay,
                              const T *gradient, T *m, T *v, T *parameter)
{
    const T step = (T)(learning_rate / correction1), eps = NAME(limited_epsilon)(epsilon), decay = (T)weight_decay;
    const T root_factor = (T)(1 / __builtin_elementwise_sqrt(correction2)), decoupled = (T)decoupled_decay;
    if (beta1 >= 0.5 && beta2 >= 0.5) {
        NAME(adam_with)(NAME(average_keeping_most)(beta1), NAME(average_keeping_most)(beta2), n, step, root_factor, eps,
                        decay, decoupled, gradient, m, v, parameter);
    } else {
        NAME(adam_with)(NAME(average)(beta1), NAME(average)(beta2), n, step, root_factor, eps, decay, decoupled, gradient,
                        m, v, parameter);
    }
}

INLINE void NAME(rmsprop_with)(NAME(Average) of_squares, size_t n, T rate, T eps, T m, T decay, const T *gradient, T *square,
                               T *velocity, T *parameter)
{
    FOR_EACH(i, n)
    {
        T g = NAME(limited_gradient)(gradient[i] + decay * parameter[i]);
        T mean = NAME(averaged)(of_squares, square[i], g * g);
        T v = m * velocity[i] + g / (__builtin_elementwise_sqrt(mean) + eps);
        square[i] = mean;
        velocity[i] = v;
        parameter[i] -= rate * v;
    }
}

static void NAME(rmsprop_update)(size_t n, double learning_rate, double alpha, double epsilon, double momentum,
                                 double weight_decay, const T *gradient, T *square, T *velocity, T *parameter)
{
    const T rate = (T)learning_rate, eps = NAME(limited_epsilon)(epsilon), m = (T)momentum, decay = (T)weight_decay;
    if (alpha >= 0.5) {
        NAME(rmsprop_with)(NAME(average_keeping_most)(alpha), n, rate, eps, m, decay, gradient, square, velocity, parameter);
    } else {
        NAME(rmsprop_with)(NAME(average)(alpha), n, rate, eps, m, decay, gradient, square, velocity, parameter);
    }
}

static void NAME(adagrad_update)(size_t n, double learning_rate, double epsilon, double weight_decay,
                                 const T *gradient, T *sum, T *parameter)
{
    const T rate = (T)learning_rate, eps = NAME(limited_epsilon)(epsilon), decay = (T)weight_decay;
    FOR_EACH(i, n)
    {
        T g = NAME(limited_gradient)(gradient[i] + decay * parameter[i]);
        T total = sum[i] + g * g;
        total = total > LARGEST ? LARGEST : total;
        sum[i] = total;
        parameter[i] -= rate * g / (__builtin_elementwise_sqrt(total) + eps);
    }
}
