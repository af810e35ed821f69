// Updates of parameters in place, in PyTorch's order of operations (torch.optim's single-tensor rules).

// v is the new velocity, g the gradient with its decay; the step goes along `direction`.
#define MOMENTUM_UPDATE(name, direction)                                                                     \
    static void NAME(name)(size_t n, double learning_rate, double momentum, double weight_decay,             \
                           const T *gradient, T *velocity, T *parameter)                                     \
    {                                                                                                        \
        const T rate = (T)learning_rate, m = (T)momentum, decay = (T)weight_decay;                           \
        FOR_EACH(i, n)                                                                                       \
        {                                                                                                    \
            T g = gradient[i] + decay * parameter[i];                                                        \
            T v = m * velocity[i] + g;                                                                       \
            velocity[i] = v;                                                                                 \
            parameter[i] -= rate * (direction);                                                              \
        }                                                                                                    \
    }

MOMENTUM_UPDATE(sgd_update, v)
MOMENTUM_UPDATE(nesterov_update, g + m * v)

// Adaptive rules divide by a root of squares. Beyond 2^63 (float; 2^511, double) a square overflows, and a sum that
// is infinite once would hold the parameter still for ever. A larger gradient therefore counts as one of that size: the
// step depends on the ratio of a gradient to the root of its square. NaN and infinity become NaN. The square of a number
// below the inverse of that limit has lost digits or is 0, so no divisor is smaller.
#define LARGEST_SQUARED ((T)(sizeof(T) == 4 ? 0x1p63 : 0x1p511))
#define SMALLEST_SQUARED ((T)(sizeof(T) == 4 ? 0x1p-63 : 0x1p-511))
#define LARGEST ((T)(sizeof(T) == 4 ? 0x1.fffffep127 : 0x1.fffffffffffffp1023))

INLINE T NAME(squarable)(T g)
{
    T above = g > -LARGEST_SQUARED ? g : -LARGEST_SQUARED;
    T limited = above < LARGEST_SQUARED ? above : LARGEST_SQUARED;
    return limited + 0 * g;
}

INLINE T NAME(divisible)(double epsilon)
{
    return (T)epsilon < SMALLEST_SQUARED ? SMALLEST_SQUARED : (T)epsilon;
}

static void NAME(adam_update)(size_t n, double learning_rate, double beta1, double beta2, double epsilon,
                              double correction1, double correction2, double weight_decay, double keep,
                              const T *gradient, T *m, T *v, T *parameter)
{
    const T step = (T)(learning_rate / correction1), eps = NAME(divisible)(epsilon), decay = (T)weight_decay, kept = (T)keep;
    const T root_factor = (T)(1 / __builtin_elementwise_sqrt(correction2));
    const T share1 = (T)(1 - beta1), keep2 = (T)beta2, share2 = (T)(1 - beta2);
    FOR_EACH(i, n)
    {
        T p = kept * parameter[i];
        T g = NAME(squarable)(gradient[i] + decay * p);
        T first = m[i] + share1 * (g - m[i]);
        T second = keep2 * v[i] + share2 * g * g;
        m[i] = first;
        v[i] = second;
        parameter[i] = p - step * first / (__builtin_elementwise_sqrt(second) * root_factor + eps);
    }
}

static void NAME(rmsprop_update)(size_t n, double learning_rate, double alpha, double epsilon, double momentum,
                                 double weight_decay, const T *gradient, T *square, T *velocity, T *parameter)
{
    const T rate = (T)learning_rate, keep = (T)alpha, share = (T)(1 - alpha), eps = NAME(divisible)(epsilon);
    const T m = (T)momentum, decay = (T)weight_decay;
    FOR_EACH(i, n)
    {
        T g = NAME(squarable)(gradient[i] + decay * parameter[i]);
        T mean = keep * square[i] + share * g * g;
        T v = m * velocity[i] + g / (__builtin_elementwise_sqrt(mean) + eps);
        square[i] = mean;
        velocity[i] = v;
        parameter[i] -= rate * v;
    }
}

static void NAME(adagrad_update)(size_t n, double learning_rate, double epsilon, double weight_decay,
                                 const T *gradient, T *sum, T *parameter)
{
    const T rate = (T)learning_rate, eps = NAME(divisible)(epsilon), decay = (T)weight_decay;
    FOR_EACH(i, n)
    {
        T g = NAME(squarable)(gradient[i] + decay * parameter[i]);
        T total = sum[i] + g * g;
        total = total > LARGEST ? LARGEST : total;
        sum[i] = total;
        parameter[i] -= rate * g / (__builtin_elementwise_sqrt(total) + eps);
    }
}
