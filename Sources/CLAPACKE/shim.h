// LAPACKE's C99 complex types are invisible to Swift; plain structs of the same layout are not.
typedef struct { float real, imaginary; } backflow_complex_float;
typedef struct { double real, imaginary; } backflow_complex_double;
#define LAPACK_COMPLEX_CUSTOM
#define lapack_complex_float backflow_complex_float
#define lapack_complex_double backflow_complex_double
#include <lapacke.h>

// The steps of LAPACK's QR iteration, which LAPACKE does not declare. As in Fortran, all arguments
// are addresses, matrices are column-major, and indices count from 1.

// The window at the end of an active block: finds converged eigenvalues, and shifts.
#define BACKFLOW_LAQR2(name, scalar)                                                              \
  void name(                                                                                      \
    const lapack_logical *wantt, const lapack_logical *wantz, const lapack_int *n,                \
    const lapack_int *ktop, const lapack_int *kbot, const lapack_int *nw, scalar *h,              \
    const lapack_int *ldh, const lapack_int *iloz, const lapack_int *ihiz, scalar *z,             \
    const lapack_int *ldz, lapack_int *ns, lapack_int *nd, scalar *sr, scalar *si, scalar *v,     \
    const lapack_int *ldv, const lapack_int *nh, scalar *t, const lapack_int *ldt,                \
    const lapack_int *nv, scalar *wv, const lapack_int *ldwv, scalar *work,                       \
    const lapack_int *lwork)

// One sweep with several shifts.
#define BACKFLOW_LAQR5(name, scalar)                                                              \
  void name(                                                                                      \
    const lapack_logical *wantt, const lapack_logical *wantz, const lapack_int *kacc22,           \
    const lapack_int *n, const lapack_int *ktop, const lapack_int *kbot,                          \
    const lapack_int *nshfts, scalar *sr, scalar *si, scalar *h, const lapack_int *ldh,           \
    const lapack_int *iloz, const lapack_int *ihiz, scalar *z, const lapack_int *ldz, scalar *v,  \
    const lapack_int *ldv, scalar *u, const lapack_int *ldu, const lapack_int *nv, scalar *wv,    \
    const lapack_int *ldwv, const lapack_int *nh, scalar *wh, const lapack_int *ldwh)

// The iteration with two shifts, for small blocks.
#define BACKFLOW_LAHQR(name, scalar)                                                              \
  void name(                                                                                      \
    const lapack_logical *wantt, const lapack_logical *wantz, const lapack_int *n,                \
    const lapack_int *ilo, const lapack_int *ihi, scalar *h, const lapack_int *ldh, scalar *wr,   \
    scalar *wi, const lapack_int *iloz, const lapack_int *ihiz, scalar *z, const lapack_int *ldz, \
    lapack_int *info)

BACKFLOW_LAQR2(slaqr2_, float);
BACKFLOW_LAQR2(dlaqr2_, double);
BACKFLOW_LAQR5(slaqr5_, float);
BACKFLOW_LAQR5(dlaqr5_, double);
BACKFLOW_LAHQR(slahqr_, float);
BACKFLOW_LAHQR(dlahqr_, double);
