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

// sigmoid = 1/(1 + e^−x), softplus = log(1 + e^x), relu = max(x, 0), silu = x sigmoid(x), gelu = x Φ(x) with the normal
// distribution function Φ, gelu_tanh = x sigmoid(w), w = √(8/π) (x + 0.044715 x³); x where x > 0, else slope x for
// leaky_relu and alpha (e^x − 1) for elu. All keep their relative accuracy down to underflow: tanh and elu near 0, sigmoid,
// softplus, silu and gelu for very negative x, where the last two are −0 at −∞ (in gelu_tanh the rounding of w counts).
// tanh_backward, sigmoid_backward and relu_backward read the output y, all other backward forms the input x.
// tanh: dx = dy (1 − y²); sigmoid: dx = dy y (1 − y), both 0 where y rounds to its limit, which is why tanh_backward_at and
// sigmoid_backward_at read x and keep their relative accuracy down to underflow.
// relu: dx = dy where y > 0, NaN where y is NaN, 0 elsewhere. elu: dx = dy where x > 0, else dy alpha e^x.
#define BACKFLOW_ACTIVATION_KERNELS(KERNEL, T)                                               \
    KERNEL(void, tanh, (size_t n, const T *x, T *y))                                         \
    KERNEL(void, sigmoid, (size_t n, const T *x, T *y))                                      \
    KERNEL(void, softplus, (size_t n, const T *x, T *y))                                     \
    KERNEL(void, relu, (size_t n, const T *x, T *y))                                         \
    KERNEL(void, tanh_backward, (size_t n, const T *y, const T *dy, T *dx))                  \
    KERNEL(void, sigmoid_backward, (size_t n, const T *y, const T *dy, T *dx))               \
    KERNEL(void, tanh_backward_at, (size_t n, const T *x, const T *dy, T *dx))               \
    KERNEL(void, sigmoid_backward_at, (size_t n, const T *x, const T *dy, T *dx))            \
    KERNEL(void, relu_backward, (size_t n, const T *y, const T *dy, T *dx))                  \
    KERNEL(void, leaky_relu, (size_t n, T slope, const T *x, T *y))                          \
    KERNEL(void, elu, (size_t n, T alpha, const T *x, T *y))                                 \
    KERNEL(void, gelu, (size_t n, const T *x, T *y))                                         \
    KERNEL(void, gelu_tanh, (size_t n, const T *x, T *y))                                    \
    KERNEL(void, silu, (size_t n, const T *x, T *y))                                         \
    KERNEL(void, leaky_relu_backward, (size_t n, T slope, const T *x, const T *dy, T *dx))   \
    KERNEL(void, elu_backward, (size_t n, T alpha, const T *x, const T *dy, T *dx))          \
    KERNEL(void, gelu_backward, (size_t n, const T *x, const T *dy, T *dx))                  \
    KERNEL(void, gelu_tanh_backward, (size_t n, const T *x, const T *dy, T *dx))             \
    KERNEL(void, silu_backward, (size_t n, const T *x, const T *dy, T *dx))                  \
    KERNEL(void, softplus_backward, (size_t n, const T *x, const T *dy, T *dx))              \
    /* y = x m with m = scale where the i-th output of SplitMix64 from `seed`, shifted right by 11, is below */ \
    /* `threshold`, else 0: the same elements in either precision, forward and backward. */  \
    KERNEL(void, dropout, (size_t n, uint64_t seed, uint64_t threshold, T scale, const T *x, T *y))

// One time step of a recurrent cell between its products, for contiguous [rows, hidden] or [rows, gates · hidden].
// lstm_forward: gates holds W x + U h and becomes i f g o = σ σ tanh σ (gates + bias); c = f c_previous + i g, h = o tanh c.
// lstm_backward: from dy and dh_next, the gradients by h from above and from step t+1, and dc, that by c from step t+1:
// dgates, the gradient by the pre-activations; dc becomes the gradient by c_previous.
// gru_forward: gates holds W x, products holds U h; r z = σ(gates + products + bias), q = U_n h + b_hn (in products),
// n = tanh(W_n x + b_in + r q), h = (1 − z) n + z h_previous; bias is b_ir + b_hr, b_iz + b_hz, b_in, b_hn.
// gru_backward: dgates by W x, dproducts by U h; dh_next becomes dh z, the part of the gradient by h_previous beside U's.
#define BACKFLOW_GATE_KERNELS(KERNEL, T)                                                     \
    KERNEL(void, lstm_forward, (size_t rows, size_t hidden, const T *bias, const T *c_previous, \
                                T *gates, T *c, T *tanh_c, T *h))                            \
    KERNEL(void, lstm_backward, (size_t rows, size_t hidden, const T *gates, const T *c_previous, const T *tanh_c, \
                                 const T *dy, const T *dh_next, T *dc, T *dgates))           \
    KERNEL(void, gru_forward, (size_t rows, size_t hidden, const T *bias, const T *h_previous, \
                               T *gates, T *products, T *h))                                 \
    KERNEL(void, gru_backward, (size_t rows, size_t hidden, const T *gates, const T *products, const T *h_previous, \
                                const T *dy, T *dh_next, T *dgates, T *dproducts))

// sum, sum_of_squares and dot (Σ a b) accumulate in double, over blocks, so the error does not grow with n. A sum or dot that
// is representable is returned although sums on the way to it are not.
// maximum_of (−∞ if empty), minimum_of (+∞ if empty) and max_magnitude (0 if empty) are NaN when any element is.
// nonfinite_count counts NaN and ±∞. index_of_maximum is the first maximum, where NaN counts as the maximum; 0 if empty.
#define BACKFLOW_REDUCTION_KERNELS(KERNEL, T)                                                \
    KERNEL(T, sum, (size_t n, const T *x))                                                   \
    KERNEL(double, sum_of_squares, (size_t n, const T *x))                                   \
    KERNEL(double, dot, (size_t n, const T *a, const T *b))                                  \
    KERNEL(T, maximum_of, (size_t n, const T *x))                                            \
    KERNEL(T, minimum_of, (size_t n, const T *x))                                            \
    KERNEL(T, max_magnitude, (size_t n, const T *x))                                         \
    KERNEL(size_t, nonfinite_count, (size_t n, const T *x))                                  \
    KERNEL(size_t, index_of_maximum, (size_t n, const T *x))

// Matrices are row-major [rows, columns] and contiguous.
// add_row, multiply_row: every row of y += row, *= row. sum_rows: y[c] = Σ_r x[r, c], added to y[c] if accumulate.
// row_sums: y[r] = Σ_c x[r, c]. row_argmax: as index_of_maximum, for each row.
// softmax, log_softmax: along each row, shifted by its maximum; a row with NaN or +∞, or of −∞ only, becomes NaN.
#define BACKFLOW_ROW_KERNELS(KERNEL, T)                                                      \
    KERNEL(void, add_row, (size_t rows, size_t columns, const T *row, T *y))                 \
    KERNEL(void, multiply_row, (size_t rows, size_t columns, const T *row, T *y))            \
    KERNEL(void, sum_rows, (size_t rows, size_t columns, int accumulate, const T *x, T *y))  \
    KERNEL(void, row_sums, (size_t rows, size_t columns, const T *x, T *y))                  \
    KERNEL(void, row_argmax, (size_t rows, size_t columns, const T *x, int64_t *y))          \
    /* below[c] += the number of r with x[r, c] < lower[c], above[c] += that with > upper[c]; NaN is neither */ \
    KERNEL(void, count_beyond, (size_t rows, size_t columns, const T *lower, const T *upper, const T *x, \
                                int64_t *below, int64_t *above))                             \
    /* y[c] = the largest of y[c] and x[r, c], NaN if any is */                              \
    KERNEL(void, column_maxima, (size_t rows, size_t columns, const T *x, T *y))             \
    KERNEL(void, softmax, (size_t rows, size_t columns, const T *x, T *y))                   \
    KERNEL(void, log_softmax, (size_t rows, size_t columns, const T *x, T *y))               \
    /* y[c y_stride + r] = x[r x_stride + c]; strides in elements, never in place */         \
    KERNEL(void, transpose, (size_t rows, size_t columns, const T *x, size_t x_stride, T *y, size_t y_stride)) \
    /* dx = y (dy − Σ y dy) for y = softmax, dx = dy − e^y Σ dy for y = log_softmax, along each row */ \
    KERNEL(void, softmax_backward, (size_t rows, size_t columns, const T *y, const T *dy, T *dx)) \
    KERNEL(void, log_softmax_backward, (size_t rows, size_t columns, const T *y, const T *dy, T *dx)) \
    /* row r of each matrix: softmax of its first r + 1 elements, 0 behind them */           \
    KERNEL(void, causal_softmax, (size_t matrices, size_t rows, size_t columns, const T *x, T *y)) \
    /* y[r] = x[index[r]]; never in place, indices not checked */                            \
    KERNEL(void, gather_rows, (size_t rows, size_t columns, const int64_t *index, const T *x, T *y)) \
    /* y[target[g]] += Σ x[source[i]] over first[g] <= i < first[g + 1]; targets differ, never in place */ \
    KERNEL(void, scatter_add_rows, (size_t groups, size_t columns, const int64_t *target, const int64_t *first, \
                                    const int64_t *source, const T *x, T *y))

// Arrays [outer, channels, inner], with one number for each channel c: images [samples, channels, pixels], rows with
// inner = 1, and rows of their own statistics with outer = 1. Sums over outer and inner, in double, and what they are for:
// channel_sums: y[c] = Σ x. channel_dots: y[c] = Σ (a − mean[c]) b, in double, with means of 0 if `mean` is null.
// channel_moments: mean + rest = scale · the mean of x, where rest is what `mean` rounds away; variance = scale² · the mean
// of (x − its mean)², not formed if `variance` is null. scale is 1 but where a double cannot hold the squares of a double:
// then a power of two that makes them fit.
// channel_standardize: y = (x scale[c] − mean[c] − rest[c]) factor[c]. channel_affine: y = x scale[c] + shift[c].
// channel_residuals: y = (a − mean[c] − rest[c] − b slope[c]) factor[c], the part of a that neither a constant nor b explains.
#define BACKFLOW_CHANNEL_KERNELS(KERNEL, T)                                                  \
    KERNEL(void, channel_sums, (size_t outer, size_t channels, size_t inner, const T *x, T *y)) \
    KERNEL(void, channel_dots, (size_t outer, size_t channels, size_t inner, const double *mean, const T *a, \
                                const T *b, double *y))                                      \
    KERNEL(void, channel_moments, (size_t outer, size_t channels, size_t inner, const T *x,  \
                                   double *mean, double *rest, double *scale, double *variance)) \
    KERNEL(void, channel_standardize, (size_t outer, size_t channels, size_t inner, const double *mean, \
                                       const double *rest, const double *scale, const double *factor, \
                                       const T *x, T *y))                                    \
    KERNEL(void, channel_affine, (size_t outer, size_t channels, size_t inner,               \
                                  const T *scale, const T *shift, const T *x, T *y))         \
    KERNEL(void, channel_residuals, (size_t outer, size_t channels, size_t inner, const double *mean, \
                                     const double *rest, const double *slope, const double *factor, \
                                     const T *a, const T *b, T *y))

// Windows that move over planes [height, width]. Tap (i, j) of window (o, p) is the element at o stride + i dilation −
// padding, alike across; taps outside the plane are padding. Output extents are given: every window starts inside.
typedef struct backflow_windows {
    size_t height, width, output_height, output_width, kernel_height, kernel_width;
    size_t stride_height, stride_width, padding_height, padding_width, dilation_height, dilation_width;
} backflow_windows;

// unfold: columns[c, i, j, n, o, p] = tap (i, j) of window (o, p) in channel c of sample n, 0 in the padding; samples of x
// lie sample_stride apart, channels follow each other. fold: its transpose, dx[n, c] = Σ of the columns that were read there.
// max_pool: y = the largest tap inside the plane, winner its place there; NaN is largest, the first of equals wins.
// average_pool: the mean over all taps if count_padding, else over those inside the plane. No dilation.
// The backward forms write all of dx. None of these works in place, not the mean either.
#define BACKFLOW_WINDOW_KERNELS(KERNEL, T)                                                   \
    KERNEL(void, unfold, (size_t samples, size_t channels, size_t sample_stride, const backflow_windows *w, \
                          const T *x, T *columns))                                           \
    KERNEL(void, fold, (size_t samples, size_t channels, size_t sample_stride, const backflow_windows *w, \
                        const T *columns, T *dx))                                            \
    KERNEL(void, max_pool, (size_t planes, const backflow_windows *w, const T *x, T *y, int32_t *winner)) \
    KERNEL(void, max_pool_backward, (size_t planes, const backflow_windows *w, const int32_t *winner, \
                                     const T *dy, T *dx))                                    \
    KERNEL(void, average_pool, (size_t planes, const backflow_windows *w, int count_padding, const T *x, T *y)) \
    KERNEL(void, average_pool_backward, (size_t planes, const backflow_windows *w, int count_padding, \
                                         const T *dy, T *dx))

// Each sample's loss, and scale times its gradient by x, logits or scores. Of one element, with d = x − t:
// squared_error: d². huber: d²/2 for |d| <= delta, else delta (|d| − delta/2). smooth_l1: d²/(2 beta) for |d| < beta, else
// |d| − beta/2; beta 0 is |d|, with gradient 0 at 0. sigmoid_cross_entropy: −t ln σ(x) − (1 − t) ln(1 − σ(x)).
// Of a row of `columns`; labels must lie in 0 ..< columns:
// cross_entropy: −Σ q ln softmax(logits), q = (1 − smoothing) onehot(label) + smoothing/columns. A negative label ignores
// its row, whatever it holds: loss and gradient are 0. soft_cross_entropy: q = (1 − smoothing) targets + smoothing/columns.
// multi_margin: Σ max(0, margin − x[label] + x[i]) over i ≠ label, each squared if so asked, / columns; gradient 0 at 0.
// gather_columns: y[r] = x[r, indices[r]]. scatter_columns: y[r, indices[r]] = values[r], 0 elsewhere.
// weight_rows: y[r, c] = weights[r] x[r, c].
#define BACKFLOW_LOSS_KERNELS(KERNEL, T)                                                     \
    KERNEL(void, squared_error, (size_t n, double scale, const T *x, const T *t, T *loss, T *gradient)) \
    KERNEL(void, sigmoid_cross_entropy, (size_t n, double scale, const T *x, const T *t, T *loss, T *gradient)) \
    KERNEL(void, huber, (size_t n, T delta, double scale, const T *x, const T *t, T *loss, T *gradient)) \
    KERNEL(void, smooth_l1, (size_t n, T beta, double scale, const T *x, const T *t, T *loss, T *gradient)) \
    KERNEL(void, cross_entropy, (size_t rows, size_t columns, double smoothing, double scale, const T *logits, \
                                 const int64_t *labels, T *loss, T *gradient))               \
    KERNEL(void, soft_cross_entropy, (size_t rows, size_t columns, double smoothing, double scale, const T *logits, \
                                      const T *targets, T *loss, T *gradient))               \
    KERNEL(void, multi_margin, (size_t rows, size_t columns, T margin, int squared, double scale, const T *scores, \
                                const int64_t *labels, T *loss, T *gradient))                \
    KERNEL(void, gather_columns, (size_t rows, size_t columns, const T *x, const int64_t *indices, T *y)) \
    KERNEL(void, scatter_columns, (size_t rows, size_t columns, const T *values, const int64_t *indices, T *y)) \
    KERNEL(void, weight_rows, (size_t rows, size_t columns, const T *weights, const T *x, T *y))

// PyTorch's rules in PyTorch's order; the scalars are double because PyTorch derives 1 − beta in double.
// sgd_update: g = gradient + weight_decay p; v = momentum v + g; p −= learning_rate v (v is zero before the first step).
// nesterov_update: as sgd_update, but p −= learning_rate (g + momentum v).
// adam_update: g = gradient + weight_decay p; m += (1 − beta1)(g − m); v += (1 − beta2)(g² − v);
//              p −= learning_rate / correction1 · m / (√v / √correction2 + epsilon) + decoupled_decay p,
//              correctionᵢ = 1 − betaᵢ^step. Adam: decoupled_decay = 0. AdamW: weight_decay = 0, decoupled_decay =
//              learning_rate · its decay.
// rmsprop_update: g as in sgd_update; s += (1 − alpha)(g² − s); v = momentum v + g / (√s + epsilon);
//              p −= learning_rate v.
// adagrad_update: g as in sgd_update; s += g², at most the largest number; p −= learning_rate g / (√s + epsilon).
// In the last three a finite g counts as one of at most 2^63 (double: 2^511) and the divisor as at least the inverse, so
// that no square overflows and none that vanishes is divided by. A g that is not finite gives NaN.
#define BACKFLOW_OPTIMIZER_KERNELS(KERNEL, T)                                                \
    KERNEL(void, sgd_update, (size_t n, double learning_rate, double momentum, double weight_decay, \
                              const T *gradient, T *velocity, T *parameter))                 \
    KERNEL(void, nesterov_update, (size_t n, double learning_rate, double momentum, double weight_decay, \
                                   const T *gradient, T *velocity, T *parameter))            \
    KERNEL(void, adam_update, (size_t n, double learning_rate, double beta1, double beta2, double epsilon, \
                               double correction1, double correction2, double weight_decay, \
                               double decoupled_decay, \
                               const T *gradient, T *m, T *v, T *parameter))                 \
    KERNEL(void, rmsprop_update, (size_t n, double learning_rate, double alpha, double epsilon, double momentum, \
                                  double weight_decay, const T *gradient, T *square, T *velocity, T *parameter)) \
    KERNEL(void, adagrad_update, (size_t n, double learning_rate, double epsilon, double weight_decay, \
                                  const T *gradient, T *sum, T *parameter))

// C[m, n] = A[m, k] B[k, n], added to C if accumulate, where B is packed before: once for many products (the recurrent step), or a
// panel at a time (small products).
// pack reads b[p b_row_stride + j b_column_stride], so B and Bᵀ cost the same, and writes packed_size(k, n) elements,
// whose layout belongs to the table that wrote it. Strides count elements. C must not overlap A or packed.
// backwards computes the columns of C from the last to the first: the same bits, but what the product before read last of
// packed is then read first, while it is still in the first-level cache.
// NaN and ∞ in A or B reach exactly the elements of C that depend on them. Without accumulate C is not read.
// The sum over k is formed in blocks, which are added up in C: the error grows with the number of blocks beyond a few dozen,
// so a k of more than some ten thousand is the caller's to divide. add_with_error adds x to sum and what the addition rounded
// away to error (nothing where the sum is not finite), so that sum + error is the sum of many parts, rounded once.
#define BACKFLOW_PRODUCT_KERNELS(KERNEL, T)                                                  \
    KERNEL(void, add_with_error, (size_t n, const T *x, T *sum, T *error))                   \
    KERNEL(size_t, packed_size, (size_t k, size_t n))                                        \
    KERNEL(void, pack, (size_t k, size_t n, const T *b, size_t b_row_stride, size_t b_column_stride, T *packed)) \
    KERNEL(void, packed_product, (size_t m, size_t n, size_t k, const T *a, size_t a_stride, \
                                  const T *packed, int accumulate, int backwards, T *c, size_t c_stride))

// multiply_adds does multiply_adds_flops(rounds) floating-point operations in registers, as fast as this instruction set
// can, and returns a number that depends on all of them.
#define BACKFLOW_PEAK_KERNELS(KERNEL, T)                                                     \
    KERNEL(T, multiply_adds, (size_t rounds, T seed))                                        \
    KERNEL(size_t, multiply_adds_flops, (size_t rounds))

#define BACKFLOW_KERNELS(KERNEL, T)         \
    BACKFLOW_ELEMENTWISE_KERNELS(KERNEL, T) \
    BACKFLOW_EXPONENTIAL_KERNELS(KERNEL, T) \
    BACKFLOW_ACTIVATION_KERNELS(KERNEL, T)  \
    BACKFLOW_GATE_KERNELS(KERNEL, T)        \
    BACKFLOW_REDUCTION_KERNELS(KERNEL, T)   \
    BACKFLOW_ROW_KERNELS(KERNEL, T)         \
    BACKFLOW_CHANNEL_KERNELS(KERNEL, T)     \
    BACKFLOW_WINDOW_KERNELS(KERNEL, T)      \
    BACKFLOW_LOSS_KERNELS(KERNEL, T)        \
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

// What BACKFLOW_ISA asked for when the library was loaded (the first 511 bytes of it), if it was no instruction set of
// this build, or one that this processor does not support; else null.
const char *backflow_kernels_refused_isa(void);

// Every instruction set this build contains, the simplest first. The table is null if this processor cannot run it
// or if i is out of range; the name is null only in the second case.
size_t backflow_kernels_count(void);
const char *backflow_kernels_isa(size_t i);
const backflow_kernels_f32 *backflow_kernels_at_f32(size_t i);
const backflow_kernels_f64 *backflow_kernels_at_f64(size_t i);

#endif
