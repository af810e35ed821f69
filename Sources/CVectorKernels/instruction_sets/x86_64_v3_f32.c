// float on x86-64 with AVX2 and FMA.

#if defined(__x86_64__)

#include "x86_64_v3.h"

#include "../bodies/scalar_f32.h"  // outside the attribute, which is not for system headers

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "../bodies/every_kernel.h"
#pragma clang attribute pop

#endif
