// float on any processor.
#include "portable.h"

#include "../bodies/scalar_f32.h"

#include "../bodies/every_kernel.h"
