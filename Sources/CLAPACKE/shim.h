// LAPACKE's C99 complex types are invisible to Swift; plain structs of the same layout are not.
typedef struct { float real, imaginary; } backflow_complex_float;
typedef struct { double real, imaginary; } backflow_complex_double;
#define LAPACK_COMPLEX_CUSTOM
#define lapack_complex_float backflow_complex_float
#define lapack_complex_double backflow_complex_double
#include <lapacke.h>
