// The vectorised loops that no BLAS has, once per instruction set and scalar type.
//
// Each group below is a macro that lists its kernels as KERNEL(result, name, parameters); the list makes the members of
// the tables `backflow_kernels_f32` and `backflow_kernels_f64` and fills every table. To add a kernel, add its line here
// and its body, called NAME(name), in a file under bodies/.
//
// What holds for every kernel:
// - NaN in gives NaN out; infinities, signed zeros and subnormals follow IEEE 754 unless a kernel says otherwise.
// - An output may be exactly an input (in place). Outputs that overlap inputs in part are undefined.
// - Counts may be zero, and the pointers of empty arrays may be null. No alignment is required.
// - Nothing is allocated and nothing is shared between calls: any thread may call any kernel.
// - The same arguments give the same bits on one instruction set; instruction sets differ by rounding (fused multiply-add).
#ifndef BACKFLOW_C_VECTOR_KERNELS_H
#define BACKFLOW_C_VECTOR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// y = f(a, b, …), element by element. Each is one IEEE operation, except multiply_add (y += a b, perhaps fused).
// maximum and minimum return NaN when either argument is NaN and order −0 below +0.
// clamp: lo if x < lo, hi if x > hi, else x. reciprocal: 1/x by division. to_double and from_double convert T.
#define BACKFLOW_ELEMENTWISE_KERNELS(KERNEL, T)                                              \
    KERNEL(void, fill, (size_t n, T value, T *y))                                            \
    KERNEL(void, add, (size_t n, const T *a, const T *b, T *y))                              \
    KERNEL(void, subtract, (size_t n, const T *a, const T *b, T *y))                         \
    KERNEL(void, multiply, (size_t n, const T *a, const T *b, T *y))                         \
    KERNEL(void, divide, (size_t n, const T *a, const T *b, T *y))                           \
    KERNEL(void, maximum, (size_t n, const T *a, const T *b, T *y))                          \
    KERNEL(void, minimum, (size_t n, const T *a, const T *b, T *y))                          \
    KERNEL(void, multiply_add, (size_t n, const T *a, const T *b, T *y))                     \
    KERNEL(void, add_scalar, (size_t n, T s, const T *x, T *y))                              \
    KERNEL(void, scale, (size_t n, T s, const T *x, T *y))                                   \
    KERNEL(void, clamp, (size_t n, T lo, T hi, const T *x, T *y))                            \
    KERNEL(void, negate, (size_t n, const T *x, T *y))                                       \
    KERNEL(void, absolute, (size_t n, const T *x, T *y))                                     \
    KERNEL(void, square, (size_t n, const T *x, T *y))                                       \
    KERNEL(void, square_root, (size_t n, const T *x, T *y))                                  \
    KERNEL(void, reciprocal, (size_t n, const T *x, T *y))                                   \
    KERNEL(void, to_double, (size_t n, const T *x, double *y))                               \
    KERNEL(void, from_double, (size_t n, const double *x, T *y))

// exp overflows to +∞ and underflows gradually to 0; log(±0) = −∞, log(x < 0) = NaN.
// Worst error measured, here and for the activations, in units in the last place, subnormal results included, over every
// fifth float and 36 million doubles of the whole range: exp 1.1, log 0.9, tanh 2.7, sigmoid 2.4, softplus 2.1.
#define BACKFLOW_EXPONENTIAL_KERNELS(KERNEL, T)                                              \
    KERNEL(void, exp, (size_t n, const T *x, T *y))                                          \
    KERNEL(void, log, (size_t n, const T *x, T *y))

// sigmoid = 1/(1 + e^−x), softplus = log(1 + e^x), relu = max(x, 0). All keep their relative accuracy down to underflow:
// tanh near 0, sigmoid and softplus for very negative x. The backward forms read the output y:
// tanh: dx = dy (1 − y²); sigmoid: dx = dy y (1 − y); relu: dx = dy where y > 0, NaN where y is NaN, 0 elsewhere.
#define BACKFLOW_ACTIVATION_KERNELS(KERNEL, T)                                               \
    KERNEL(void, tanh, (size_t n, const T *x, T *y))                                         \
    KERNEL(void, sigmoid, (size_t n, const T *x, T *y))                                      \
    KERNEL(void, softplus, (size_t n, const T *x, T *y))                                     \
    KERNEL(void, relu, (size_t n, const T *x, T *y))                                         \
    KERNEL(void, tanh_backward, (size_t n, const T *y, const T *dy, T *dx))                  \
    KERNEL(void, sigmoid_backward, (size_t n, const T *y, const T *dy, T *dx))               \
    KERNEL(void, relu_backward, (size_t n, const T *y, const T *dy, T *dx))

// sum and sum_of_squares accumulate in double, pairwise over blocks, so the error does not grow with n.
// maximum_of (−∞ if empty), minimum_of (+∞ if empty) and max_magnitude (0 if empty) are NaN when any element is.
// nonfinite_count counts NaN and ±∞. index_of_maximum is the first maximum, where NaN counts as the maximum; 0 if empty.
#define BACKFLOW_REDUCTION_KERNELS(KERNEL, T)                                                \
    KERNEL(T, sum, (size_t n, const T *x))                                                   \
    KERNEL(double, sum_of_squares, (size_t n, const T *x))                                   \
    KERNEL(T, maximum_of, (size_t n, const T *x))                                            \
    KERNEL(T, minimum_of, (size_t n, const T *x))                                            \
    KERNEL(T, max_magnitude, (size_t n, const T *x))                                         \
    KERNEL(size_t, nonfinite_count, (size_t n, const T *x))                                  \
    KERNEL(size_t, index_of_maximum, (size_t n, const T *x))

// Matrices are row-major [rows, columns] and contiguous.
// add_row, multiply_row: every row of y += row, *= row. sum_rows: y[c] = Σ_r x[r, c], added to y[c] if accumulate.
// row_sums: y[r] = Σ_c x[r, c]. row_argmax: as index_of_maximum, for each row.
// softmax, log_softmax: along each row, shifted by its maximum; a row with NaN or +∞, or of −∞ only, becomes NaN.
// cross_entropy: loss[r] = −log softmax(logits)[r, labels[r]], probabilities = softmax(logits); labels must lie in
// 0 ..< columns.
#define BACKFLOW_ROW_KERNELS(KERNEL, T)                                                      \
    KERNEL(void, add_row, (size_t rows, size_t columns, const T *row, T *y))                 \
    KERNEL(void, multiply_row, (size_t rows, size_t columns, const T *row, T *y))            \
    KERNEL(void, sum_rows, (size_t rows, size_t columns, int accumulate, const T *x, T *y))  \
    KERNEL(void, row_sums, (size_t rows, size_t columns, const T *x, T *y))                  \
    KERNEL(void, row_argmax, (size_t rows, size_t columns, const T *x, int64_t *y))          \
    KERNEL(void, softmax, (size_t rows, size_t columns, const T *x, T *y))                   \
    KERNEL(void, log_softmax, (size_t rows, size_t columns, const T *x, T *y))               \
    KERNEL(void, cross_entropy, (size_t rows, size_t columns, const T *logits, const int64_t *labels, \
                                 T *loss, T *probabilities))                                 \
    /* y[c y_stride + r] = x[r x_stride + c]; strides in elements, never in place */         \
    KERNEL(void, transpose, (size_t rows, size_t columns, const T *x, size_t x_stride, T *y, size_t y_stride))

// PyTorch's rules in PyTorch's order; the scalars are double because PyTorch derives 1 − beta in double.
// sgd_update: g = gradient + weight_decay p; v = momentum v + g; p −= learning_rate v (v is zero before the first step).
// adam_update: m += (1 − beta1)(g − m); v = beta2 v + (1 − beta2) g²;
//              p −= learning_rate / correction1 · m / (√v / √correction2 + epsilon), correctionᵢ = 1 − betaᵢ^step.
#define BACKFLOW_OPTIMIZER_KERNELS(KERNEL, T)                                                \
    KERNEL(void, sgd_update, (size_t n, double learning_rate, double momentum, double weight_decay, \
                              const T *gradient, T *velocity, T *parameter))                 \
    KERNEL(void, adam_update, (size_t n, double learning_rate, double beta1, double beta2, double epsilon, \
                               double correction1, double correction2,                       \
                               const T *gradient, T *m, T *v, T *parameter))

// C[m, n] = A[m, k] B[k, n], added to C if accumulate, where B was packed once and is used many times (the recurrent step).
// pack reads b[p b_row_stride + j b_column_stride], so B and Bᵀ cost the same, and writes packed_size(k, n) elements,
// whose layout belongs to the table that wrote it. Strides count elements. C must not overlap A or packed.
// NaN and ∞ in A or B reach exactly the elements of C that depend on them. Without accumulate C is not read.
#define BACKFLOW_PRODUCT_KERNELS(KERNEL, T)                                                  \
    KERNEL(size_t, packed_size, (size_t k, size_t n))                                        \
    KERNEL(void, pack, (size_t k, size_t n, const T *b, size_t b_row_stride, size_t b_column_stride, T *packed)) \
    KERNEL(void, packed_product, (size_t m, size_t n, size_t k, const T *a, size_t a_stride, \
                                  const T *packed, int accumulate, T *c, size_t c_stride))

// multiply_adds does multiply_adds_flops(rounds) floating-point operations in registers, as fast as this instruction set
// can, and returns a number that depends on all of them.
#define BACKFLOW_PEAK_KERNELS(KERNEL, T)                                                     \
    KERNEL(T, multiply_adds, (size_t rounds, T seed))                                        \
    KERNEL(size_t, multiply_adds_flops, (size_t rounds))

#define BACKFLOW_KERNELS(KERNEL, T)         \
    BACKFLOW_ELEMENTWISE_KERNELS(KERNEL, T) \
    BACKFLOW_EXPONENTIAL_KERNELS(KERNEL, T) \
    BACKFLOW_ACTIVATION_KERNELS(KERNEL, T)  \
    BACKFLOW_REDUCTION_KERNELS(KERNEL, T)   \
    BACKFLOW_ROW_KERNELS(KERNEL, T)         \
    BACKFLOW_OPTIMIZER_KERNELS(KERNEL, T)   \
    BACKFLOW_PRODUCT_KERNELS(KERNEL, T)     \
    BACKFLOW_PEAK_KERNELS(KERNEL, T)

#define BACKFLOW_KERNEL_MEMBER(result, name, parameters) result (*name) parameters;

// `isa` is the name of the instruction set: "portable", "x86-64-v3" or "x86-64-v4".
typedef struct backflow_kernels_f32 {
    const char *isa;
    BACKFLOW_KERNELS(BACKFLOW_KERNEL_MEMBER, float)
} backflow_kernels_f32;

typedef struct backflow_kernels_f64 {
    const char *isa;
    BACKFLOW_KERNELS(BACKFLOW_KERNEL_MEMBER, double)
} backflow_kernels_f64;

// The tables in use, chosen when the library is loaded: the instruction set that the environment variable BACKFLOW_ISA
// names, or, when it is unset, unknown or not supported by this processor, the best one that is. Never null.
const backflow_kernels_f32 *backflow_kernels_selected_f32(void);
const backflow_kernels_f64 *backflow_kernels_selected_f64(void);

// Every instruction set this build contains, the simplest first. The table is null if this processor cannot run it
// or if i is out of range; the name is null only in the second case.
size_t backflow_kernels_count(void);
const char *backflow_kernels_isa(size_t i);
const backflow_kernels_f32 *backflow_kernels_at_f32(size_t i);
const backflow_kernels_f64 *backflow_kernels_at_f64(size_t i);

#endif
