// float, and the constants that the bodies need of it.
#pragma once

#include "declarations.h"

#define T float
#define SCALAR f32
#define SCALAR_IS_DOUBLE 0
#define UINT uint32_t
#define INT int32_t
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127

#define SQRT_HALF 0x1.6a09e6p-1f
#define INVERSE_LN2 0x1.715476p0f
// ln 2 = LN2_HIGH + LN2_LOW; the high part has so few bits that its product with any exponent is exact.
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f

// Beyond these bounds exp rounds to 0 or +∞, σ to 1, and tanh to ±1.
#define EXP_LOWEST -104.0f
#define EXP_HIGHEST 89.0f
#define SIGMOID_SATURATION 20.0f
#define TANH_SATURATION 10.0f

// Beyond this bound the normal density rounds to 0.
#define NORMAL_BOUND 14.5f

// Minimax fits (scripts/fit_coefficients.py: Lawson's iteration, coefficients rounded one by one), lowest order first.
// (e^r - 1 - r) / r² for |r| <= ln 2 / 2, weighted so that e^r - 1 keeps its relative accuracy near 0:
#define EXP_COEFFICIENTS \
    0x1.000000p-1f, 0x1.5554b0p-3f, 0x1.5554dap-5f, 0x1.1227c0p-7f, \
    0x1.6d5d58p-10f
// (log((1 + s) / (1 - s)) - 2s) / s³ in z = s², first for |s| <= (√2 - 1) / (√2 + 1), then for |s| <= 1/3:
#define LOG_COEFFICIENTS \
    0x1.55557ap-1f, 0x1.995ed6p-2f, 0x1.31e07ep-2f
#define LOG1P_COEFFICIENTS \
    0x1.555558p-1f, 0x1.9996d8p-2f, 0x1.250510p-2f, 0x1.b72bb8p-3f, \
    0x1.f08af8p-3f
// (1 + a) e^(a²/2) Φ(−a) in t = (a − 4) / (a + 4) for 0 <= a <= NORMAL_BOUND (interpolation at Chebyshev nodes):
#define NORMAL_TAIL_COEFFICIENTS \
    0x1.e361eap-2f, -0x1.8c18f0p-4f, 0x1.cabd6ap-7f, 0x1.d49536p-6f, \
    -0x1.07c388p-5f, 0x1.25ebecp-6f, -0x1.47d860p-8f, -0x1.3b180cp-12f, \
    0x1.6a67ccp-11f, -0x1.13a720p-14f, -0x1.361860p-14f
