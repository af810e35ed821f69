// The gates of LSTM and GRU between the products of one time step, for `rows` samples of `hidden` units. Letters as in the
// layers: activations i f g o and r z n, cell state c, output h; dx is the gradient of the loss with respect to x.
#pragma once

#include "activations.h"
#include "scalar_bits.h"

// A loop over units: four vectors side by side, then one at a time.
#define FOR_EACH_UNIT(j, n, ...)                                              \
    do {                                                                      \
        const size_t fours = (n) - (n) % (4 * LANES), all = (n);              \
        FOR_EACH_CHAIN(j, fours) { __VA_ARGS__; }                             \
        FOR_EACH_FROM(j, fours, all) { __VA_ARGS__; }                         \
    } while (0)

static void NAME(lstm_forward)(size_t rows, size_t hidden, const T *bias, const T *c_previous,
                               T *gates, T *c, T *tanh_c, T *h)
{
    for (; rows > 0; rows--, c_previous += hidden, gates += 4 * hidden, c += hidden, tanh_c += hidden, h += hidden) {
        T *i = gates, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        FOR_EACH_UNIT(j, 2 * hidden, gates[j] = NAME(sigmoid_of)(gates[j] + bias[j]));
        FOR_EACH_UNIT(j, hidden, g[j] = NAME(tanh_of)(g[j] + bias[2 * hidden + j]));
        FOR_EACH_UNIT(j, hidden, o[j] = NAME(sigmoid_of)(o[j] + bias[3 * hidden + j]));
        FOR_EACH_UNIT(j, hidden,
            c[j] = f[j] * c_previous[j] + i[j] * g[j];
            tanh_c[j] = NAME(tanh_of)(c[j]);
            h[j] = o[j] * tanh_c[j]);
    }
}

static void NAME(lstm_backward)(size_t rows, size_t hidden, const T *gates, const T *c_previous, const T *tanh_c,
                                const T *dy, const T *dh_next, T *dc, T *dgates)
{
    for (; rows > 0; rows--, gates += 4 * hidden, dgates += 4 * hidden, c_previous += hidden, tanh_c += hidden,
                     dy += hidden, dh_next += hidden, dc += hidden) {
        const T *i = gates, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        T *di = dgates, *df = di + hidden, *dg = df + hidden, *d_o = dg + hidden;
        FOR_EACH(j, hidden)
        {
            T dh = dy[j] + dh_next[j];
            T dcell = dc[j] + dh * o[j] * ((1 - tanh_c[j]) * (1 + tanh_c[j]));
            d_o[j] = dh * tanh_c[j] * o[j] * (1 - o[j]);
            di[j] = dcell * g[j] * i[j] * (1 - i[j]);
            dg[j] = dcell * i[j] * ((1 - g[j]) * (1 + g[j]));
            df[j] = dcell * c_previous[j] * f[j] * (1 - f[j]);
            dc[j] = dcell * f[j];
        }
    }
}

static void NAME(gru_forward)(size_t rows, size_t hidden, const T *bias, const T *h_previous,
                              T *gates, T *products, T *h)
{
    for (; rows > 0; rows--, h_previous += hidden, gates += 3 * hidden, products += 3 * hidden, h += hidden) {
        T *r = gates, *z = r + hidden, *n = z + hidden, *q = products + 2 * hidden;
        const T *bias_n = bias + 2 * hidden, *bias_q = bias_n + hidden;
        FOR_EACH_UNIT(j, 2 * hidden, gates[j] = NAME(sigmoid_of)(gates[j] + products[j] + bias[j]));
        FOR_EACH_UNIT(j, hidden,
            q[j] += bias_q[j];
            n[j] = NAME(tanh_of)(n[j] + bias_n[j] + r[j] * q[j]);
            h[j] = z[j] * h_previous[j] + (1 - z[j]) * n[j]);  // exactly h_previous where z is 1
    }
}

// dgates and dproducts differ in the last third, because q is multiplied by r.
static void NAME(gru_backward)(size_t rows, size_t hidden, const T *gates, const T *products, const T *h_previous,
                               const T *dy, T *dh_next, T *dgates, T *dproducts)
{
    for (; rows > 0; rows--, gates += 3 * hidden, products += 3 * hidden, dgates += 3 * hidden, dproducts += 3 * hidden,
                     h_previous += hidden, dy += hidden, dh_next += hidden) {
        const T *r = gates, *z = r + hidden, *n = z + hidden, *q = products + 2 * hidden;
        T *dr = dgates, *dz = dr + hidden, *dn = dz + hidden;
        T *du_r = dproducts, *du_z = du_r + hidden, *dq = du_z + hidden;
        FOR_EACH(j, hidden)
        {
            T dh = dy[j] + dh_next[j];
            dn[j] = dh * (1 - z[j]) * ((1 - n[j]) * (1 + n[j]));
            dz[j] = dh * (h_previous[j] - n[j]) * z[j] * (1 - z[j]);
            dr[j] = dn[j] * q[j] * r[j] * (1 - r[j]);
            dq[j] = dn[j] * r[j];
            du_r[j] = dr[j];
            du_z[j] = dz[j];
            dh_next[j] = dh * z[j];
        }
    }
}
