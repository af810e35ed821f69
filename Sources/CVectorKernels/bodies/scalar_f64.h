// double, and the constants that the bodies need of it.

#define T double
#define SCALAR f64
#define UINT uint64_t
#define INT int64_t
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023

#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define INVERSE_LN2 0x1.71547652b82fep0
// ln 2 = LN2_HIGH + LN2_LOW; the high part has so few bits that its product with any exponent is exact.
#define LN2_HIGH 0x1.62e42fefa4p-1
#define LN2_LOW -0x1.8432a1b0e2634p-43

// Beyond these bounds exp rounds to 0 or +∞, and tanh to ±1.
#define EXP_LOWEST -746.0
#define EXP_HIGHEST 710.0
#define TANH_SATURATION 20.0

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
