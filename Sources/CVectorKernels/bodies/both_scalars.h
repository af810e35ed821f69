// Every kernel of one instruction set, for float and for double. Double comes first, because the float kernels take the
// logarithm of a sum in double.

#include "declarations.h"

#include "scalar_f64.h"
#include "every_kernel.h"

#include "scalar_f32.h"
#include "every_kernel.h"
