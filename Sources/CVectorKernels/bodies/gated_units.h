// Leaky ReLU, ELU, and the units that multiply x by a gate of x (SiLU and both forms of GELU).
// A gate is the product of two factors of e^x/2 where x < 0, so that x times the gate is rounded once where it is subnormal.
#pragma once

#include "activations.h"
#include "exponential.h"

static void NAME(leaky_relu)(size_t n, T slope, const T *x, T *y)
{
    FOR_EACH(i, n) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

static void NAME(leaky_relu_backward)(size_t n, T slope, const T *x, const T *dy, T *dx)
{
    FOR_EACH(i, n)
    {
        T passed = x[i] != x[i] ? x[i] : slope * dy[i];
        dx[i] = x[i] > 0 ? dy[i] : passed;
    }
}

MAP(elu, (size_t n, T alpha, const T *x, T *y), v > 0 ? v : alpha * NAME(expm1_of_negative)(v > 0 ? 0 : v))

// alpha e^x for x <= 0: y + alpha is the same but cancels.
static void NAME(elu_backward)(size_t n, T alpha, const T *x, const T *dy, T *dx)
{
    FOR_EACH(i, n) dx[i] = dy[i] * (x[i] > 0 ? 1 : alpha * NAME(exp_of)(x[i] > 0 ? 0 : x[i]));
}

INLINE T NAME(limited)(T x, T bound) { return x < -bound ? -bound : x > bound ? bound : x; }

// x σ(w), where w has the sign of x, with root = e^(-|w|/2); v is x, limited so that v times 0 is 0.
INLINE T NAME(gated)(T x, T v, T root)
{
    return (x < 0 ? v * root * root : x) / (1 + root * root);
}

// σ(w) + v w′ σ(w) (1 - σ(w)) = σ (1 + v w′ (1 - σ)), the derivative of x σ(w).
INLINE T NAME(gated_slope)(T v, T root, T slope_of_w)
{
    T e = root * root, sum = 1 + e;
    T f = 1 + v * slope_of_w * ((v < 0 ? 1 : e) / sum);
    return (v < 0 ? f * root * root : f) / sum;
}

#define SILU_BOUND (-2 * EXP_LOWEST)

INLINE T NAME(silu_of)(T x)
{
    T v = NAME(limited)(x, SILU_BOUND);
    return NAME(gated)(x, v, NAME(exp_of_minus)(NAME(magnitude)(v) / 2));
}

INLINE T NAME(silu_slope)(T x)
{
    T v = NAME(limited)(x, SILU_BOUND);
    return NAME(gated_slope)(v, NAME(exp_of_minus)(NAME(magnitude)(v) / 2), 1);
}

#define ROOT_8_OVER_PI ((T)1.5957691216057307117597842397375)
#define GELU_CUBIC ((T)0.044715)
#define GELU_TANH_BOUND 40  // there e^w is 0 in either precision

INLINE T NAME(gelu_tanh_root)(T v)
{
    return NAME(exp_of_minus)(NAME(magnitude)(v) * (ROOT_8_OVER_PI / 2 * (1 + GELU_CUBIC * v * v)));
}

INLINE T NAME(gelu_tanh_of)(T x)
{
    T v = NAME(limited)(x, GELU_TANH_BOUND);
    return NAME(gated)(x, v, NAME(gelu_tanh_root)(v));
}

INLINE T NAME(gelu_tanh_slope)(T x)
{
    T v = NAME(limited)(x, GELU_TANH_BOUND);
    return NAME(gated_slope)(v, NAME(gelu_tanh_root)(v), ROOT_8_OVER_PI * (1 + 3 * GELU_CUBIC * v * v));
}

static const T NAME(normal_tail_coefficients)[] = {NORMAL_TAIL_COEFFICIENTS};

// e^(-a²/2) as a product of two factors, for 0 <= a <= NORMAL_BOUND. The upper half of a's digits has an exact square;
// what is left of a² is small enough for the polynomial (Cody, Mathematics of Computation 23, 1969).
INLINE T NAME(gaussian)(T a, T *correction)
{
    const UINT lower_half = ((UINT)1 << ((MANTISSA_BITS + 2) / 2)) - 1;
    T high = NAME(from_bits)(NAME(bits)(a) & ~lower_half);
    *correction = 1 + NAME(expm1_reduced)((high - a) * (high + a) / 2);
    return NAME(exp_of_minus)(high * high / 2);
}

// Φ(-a) e^(a²/2).
INLINE T NAME(normal_tail)(T a)
{
    T t = (a - 4) / (a + 4);
    return NAME(polynomial)(t, COUNT(NAME(normal_tail_coefficients)), NAME(normal_tail_coefficients)) / (1 + a);
}

INLINE T NAME(gelu_of)(T x)
{
    T v = NAME(limited)(x, NORMAL_BOUND), a = NAME(magnitude)(v), correction;
    T e = NAME(gaussian)(a, &correction), tail = correction * NAME(normal_tail)(a);
    return x < 0 ? v * tail * e : x * (1 - tail * e);
}

// Φ(x) + x φ(x)
INLINE T NAME(gelu_slope)(T x)
{
    const T inverse_root_2_pi = (T)0.39894228040143267793994605993438;
    T v = NAME(limited)(x, NORMAL_BOUND), a = NAME(magnitude)(v), correction;
    T e = NAME(gaussian)(a, &correction), tail = NAME(normal_tail)(a);
    T product = correction * e;
    return x < 0 ? (tail - a * inverse_root_2_pi) * product : 1 + (a * inverse_root_2_pi - tail) * product;
}

MAP(gelu, (size_t n, const T *x, T *y), NAME(gelu_of)(v))
MAP(gelu_tanh, (size_t n, const T *x, T *y), NAME(gelu_tanh_of)(v))
MAP(silu, (size_t n, const T *x, T *y), NAME(silu_of)(v))
MAP_BACKWARD(gelu_backward, d * NAME(gelu_slope)(v))
MAP_BACKWARD(gelu_tanh_backward, d * NAME(gelu_tanh_slope)(v))
MAP_BACKWARD(silu_backward, d * NAME(silu_slope)(v))
MAP_BACKWARD(softplus_backward, d * NAME(sigmoid_of)(v))
