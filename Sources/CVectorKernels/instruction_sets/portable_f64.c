// double on any processor.
#include "portable.h"

#include "../bodies/scalar_f64.h"

#include "../bodies/every_kernel.h"
