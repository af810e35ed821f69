// ln x and ln(1 + x) in double, which the float kernels need as well: the double unit of each instruction set defines them.
#pragma once

#include "exponential.h"

#define LOG_IN_DOUBLE JOIN(backflow_log, f64, ISA)
#define LOG1P_IN_DOUBLE JOIN(backflow_log_of_one_plus, f64, ISA)

#if SCALAR_IS_DOUBLE
double LOG_IN_DOUBLE(double x) { return NAME(log_of)(x); }
double LOG1P_IN_DOUBLE(double x) { return NAME(log_of_one_plus)(x); }
#endif
