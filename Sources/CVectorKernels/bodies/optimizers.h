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

static void NAME(adam_update)(size_t n, double learning_rate, double beta1, double beta2, double epsilon,
                              double correction1, double correction2, double weight_decay, double keep,
                              const T *gradient, T *m, T *v, T *parameter)
{
    const T step = (T)(learning_rate / correction1), eps = (T)epsilon, decay = (T)weight_decay, kept = (T)keep;
    const T root_correction = (T)__builtin_elementwise_sqrt(correction2);
    const T share1 = (T)(1 - beta1), keep2 = (T)beta2, share2 = (T)(1 - beta2);
    FOR_EACH(i, n)
    {
        T p = kept * parameter[i];
        T g = gradient[i] + decay * p;
        T first = m[i] + share1 * (g - m[i]);
        T second = keep2 * v[i] + share2 * g * g;
        m[i] = first;
        v[i] = second;
        parameter[i] = p - step * first / (__builtin_elementwise_sqrt(second) / root_correction + eps);
    }
}

static void NAME(rmsprop_update)(size_t n, double learning_rate, double alpha, double epsilon, double momentum,
                                 double weight_decay, const T *gradient, T *square, T *velocity, T *parameter)
{
    const T rate = (T)learning_rate, keep = (T)alpha, share = (T)(1 - alpha), eps = (T)epsilon;
    const T m = (T)momentum, decay = (T)weight_decay;
    FOR_EACH(i, n)
    {
        T g = gradient[i] + decay * parameter[i];
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
    const T rate = (T)learning_rate, eps = (T)epsilon, decay = (T)weight_decay;
    FOR_EACH(i, n)
    {
        T g = gradient[i] + decay * parameter[i];
        T total = sum[i] + g * g;
        sum[i] = total;
        parameter[i] -= rate * g / (__builtin_elementwise_sqrt(total) + eps);
    }
}
