// Updates of parameters in place, in PyTorch's order of operations (torch.optim.SGD and Adam, single tensor).

static void NAME(sgd_update)(size_t n, double learning_rate, double momentum, double weight_decay,
                             const T *gradient, T *velocity, T *parameter)
{
    const T rate = (T)learning_rate, m = (T)momentum, decay = (T)weight_decay;
    FOR_EACH(i, n)
    {
        T g = gradient[i] + decay * parameter[i];
        T v = m * velocity[i] + g;
        velocity[i] = v;
        parameter[i] -= rate * v;
    }
}

static void NAME(adam_update)(size_t n, double learning_rate, double beta1, double beta2, double epsilon,
                              double correction1, double correction2, const T *gradient, T *m, T *v, T *parameter)
{
    const T step = (T)(learning_rate / correction1), eps = (T)epsilon;
    const T root_correction = (T)__builtin_elementwise_sqrt(correction2);
    const T share1 = (T)(1 - beta1), keep2 = (T)beta2, share2 = (T)(1 - beta2);
    FOR_EACH(i, n)
    {
        T g = gradient[i];
        T first = m[i] + share1 * (g - m[i]);
        T second = keep2 * v[i] + share2 * g * g;
        m[i] = first;
        v[i] = second;
        parameter[i] -= step * first / (__builtin_elementwise_sqrt(second) / root_correction + eps);
    }
}
