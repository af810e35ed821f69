// double, and the constants that the bodies need of it.
#pragma once

#include "declarations.h"

#define T double
#define SCALAR f64
#define SCALAR_IS_DOUBLE 1
#define UINT uint64_t
#define INT int64_t
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023

#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define INVERSE_LN2 0x1.71547652b82fep0
// ln 2 = LN2_HIGH + LN2_LOW; the high part has so few bits that its product with any exponent is exact.
#define LN2_HIGH 0x1.62e42fefa4p-1
#define LN2_LOW -0x1.8432a1b0e2634p-43

// Beyond these bounds exp rounds to 0 or +∞, σ to 1, and tanh to ±1.
#define EXP_LOWEST -746.0
#define EXP_HIGHEST 710.0
#define SIGMOID_SATURATION 40.0
#define TANH_SATURATION 20.0

// Beyond this bound the normal density rounds to 0.
#define NORMAL_BOUND 38.7

// Minimax fits (scripts/fit_coefficients.py: Lawson's iteration, coefficients rounded one by one), lowest order first.
// (e^r - 1 - r) / r² for |r| <= ln 2 / 2, weighted so that e^r - 1 keeps its relative accuracy near 0:
#define EXP_COEFFICIENTS \
    0x1.0000000000000p-1, 0x1.555555555555ap-3, 0x1.5555555553ab2p-5, 0x1.111111110eef0p-7, \
    0x1.6c16c17a20876p-10, 0x1.a01a01b36247fp-13, 0x1.a019b324cb484p-16, 0x1.71ddef020ddd0p-19, \
    0x1.2897e95a626f3p-22, 0x1.af6f72f7176cep-26
// (log((1 + s) / (1 - s)) - 2s) / s³ in z = s², first for |s| <= (√2 - 1) / (√2 + 1), then for |s| <= 1/3:
#define LOG_COEFFICIENTS \
    0x1.5555555555592p-1, 0x1.999999997ff70p-2, 0x1.24924941da24cp-2, 0x1.c71c521b3e050p-3, \
    0x1.74663b5fcea45p-3, 0x1.39a212f407a16p-3, 0x1.2f02045c9f13fp-3
#define LOG1P_COEFFICIENTS \
    0x1.5555555555535p-1, 0x1.99999999a078ep-2, 0x1.2492492089cbap-2, 0x1.c71c741dcab37p-3, \
    0x1.745cb3d0f45f8p-3, 0x1.3b1ddf30e44a2p-3, 0x1.1067976acaffep-3, 0x1.efdadd7da20f8p-4, \
    0x1.55a701ed97220p-4, 0x1.5c8118c1f7644p-3
// (1 + a) e^(a²/2) Φ(−a) in t = (a − 4) / (a + 4) for 0 <= a <= NORMAL_BOUND (interpolation at Chebyshev nodes):
#define NORMAL_TAIL_COEFFICIENTS \
    0x1.e361ea6fba141p-2, -0x1.8c18f2086e32ep-4, 0x1.cabd72a610370p-7, 0x1.d4969f10dd2f7p-6, \
    -0x1.07c3c258352d3p-5, 0x1.25dd720656f7ep-6, -0x1.47d5fc6e067cfp-8, -0x1.2b7f5f2c12d1ep-12, \
    0x1.6c5380bfdcf91p-11, -0x1.8c118e55f7b36p-14, -0x1.707b373c18a92p-14, 0x1.6481809fcf226p-16, \
    0x1.c92f3dd480872p-17, -0x1.cc6f7ab594969p-19, -0x1.5e0db79430229p-19, 0x1.afa442c83de60p-22, \
    0x1.23ab60e6fa180p-21, 0x1.949116defc6e6p-29, -0x1.b25e5e982fab4p-24, -0x1.4631687450dfap-26, \
    0x1.8510f0a2a9023p-27, 0x1.2d13dc7428fbap-28, 0x1.d1ab94a13e4c5p-33
