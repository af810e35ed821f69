// float on x86-64 with AVX-512.

#if defined(__x86_64__)

#include "x86_64_v4.h"

#include "../bodies/scalar_f32.h"  // outside the attribute, which is not for system headers

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,no-prefer-256-bit"))), apply_to = function)
#include "../bodies/every_kernel.h"
#pragma clang attribute pop

#endif
