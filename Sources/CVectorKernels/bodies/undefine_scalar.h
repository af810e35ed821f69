// Makes room for the next scalar type: everything that scalar_f32.h and scalar_f64.h define.

#undef T
#undef SCALAR
#undef UINT
#undef INT
#undef MANTISSA_BITS
#undef EXPONENT_BIAS
#undef SQRT_HALF
#undef INVERSE_LN2
#undef LN2_HIGH
#undef LN2_LOW
#undef EXP_LOWEST
#undef EXP_HIGHEST
#undef TANH_SATURATION
#undef NORMAL_BOUND
#undef EXP_COEFFICIENTS
#undef LOG_COEFFICIENTS
#undef LOG1P_COEFFICIENTS
#undef NORMAL_TAIL_COEFFICIENTS
