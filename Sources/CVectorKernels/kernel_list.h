// The list of all kernels: the loops that must be vectorized and that no BLAS has.
//
// Every kernel has one row, KERNEL(result, name, parameters), below its own comment: its equation, its special values
// and its accuracy where they matter, and the shapes of its arrays. T is the scalar type, float or double. CVectorKernels.h
// includes the list as the members of its tables, bodies/every_kernel.h as their entries, and scripts/generate-kernels
// reads it to write the Swift side. ARCHITECTURE.md says how to add a kernel.
//
// The script reads these lines of a comment:
// - `a, b: [n], y: [rows, columns]` gives the shapes, row-major and contiguous. `stride s` after a shape means that
//   consecutive rows start s elements apart; `or []` means that the array may be absent, as a null pointer.
// - `Swift: name(x, label: y)` is the signature of the wrapper `VectorKernels.name`, in terms of the parameters below it;
//   without this line, the wrapper has the inputs first, then the scalars with their names, then `into:` the output.
//   Sizes that the arrays' own sizes give are left out. `Swift: none` means that there is no wrapper.
// - `Parts: rows` says that each index along this axis is computed without the others. The wrapper then divides large arrays
//   along it among threads, in parts of at least `VectorKernels.elementsPerThread` elements, or as many as
//   `Parts: rows, at least 2048` says.
// All other lines of the comment become the documentation of the wrapper.
//
// What holds for every kernel:
// - NaN in gives NaN out; infinities, signed zeros and subnormal numbers follow IEEE 754 unless a kernel says otherwise.
// - An output may be the same array as an input (in place) unless a kernel says otherwise. Outputs that overlap inputs in
//   part are undefined.
// - Sizes may be zero, and the pointers of empty arrays may be null. No alignment is required.
// - Nothing is allocated and nothing is shared between calls: any thread may call any kernel.
// - The same arguments give the same bits on one instruction set; instruction sets differ by rounding (fused multiply-add).
// - Errors in units in the last place (ulp) were measured over every fifth float and 36 million doubles of the whole
//   range, subnormal results included.

// MARK: Elementwise

// y = value
// y: [n]
// Swift: fill(value, into: y)
// Parts: n
KERNEL(void, fill, (size_t n, T value, T *y))

// y = a + b
// a, b, y: [n]
// Parts: n
KERNEL(void, add, (size_t n, const T *a, const T *b, T *y))

// y = a − b
// a, b, y: [n]
// Parts: n
KERNEL(void, subtract, (size_t n, const T *a, const T *b, T *y))

// y = a b
// a, b, y: [n]
// Parts: n
KERNEL(void, multiply, (size_t n, const T *a, const T *b, T *y))

// y = y + a b, with one rounding or two.
// a, b, y: [n]
// Swift: none
KERNEL(void, multiply_add, (size_t n, const T *a, const T *b, T *y))

// y = a / b
// a, b, y: [n]
// Parts: n
KERNEL(void, divide, (size_t n, const T *a, const T *b, T *y))

// y = max(a, b), NaN where either is NaN; −0 is less than +0.
// a, b, y: [n]
// Parts: n
KERNEL(void, maximum, (size_t n, const T *a, const T *b, T *y))

// y = min(a, b), NaN where either is NaN; −0 is less than +0.
// a, b, y: [n]
// Parts: n
KERNEL(void, minimum, (size_t n, const T *a, const T *b, T *y))

// y = x + s
// x, y: [n]
// Swift: add(s, x, into: y)
// Parts: n
KERNEL(void, add_scalar, (size_t n, T s, const T *x, T *y))

// y = s x
// x, y: [n]
// Swift: scale(s, x, into: y)
// Parts: n
KERNEL(void, scale, (size_t n, T s, const T *x, T *y))

// y = lo if x < lo, hi if x > hi, else x.
// x, y: [n]
// Swift: clamp(x, lo, hi, into: y)
// Parts: n
KERNEL(void, clamp, (size_t n, T lo, T hi, const T *x, T *y))

// y = −x
// x, y: [n]
// Parts: n
KERNEL(void, negate, (size_t n, const T *x, T *y))

// y = |x|
// x, y: [n]
// Parts: n
KERNEL(void, absolute, (size_t n, const T *x, T *y))

// y = x²
// x, y: [n]
// Parts: n
KERNEL(void, square, (size_t n, const T *x, T *y))

// y = √x
// x, y: [n]
// Parts: n
KERNEL(void, square_root, (size_t n, const T *x, T *y))

// y = 1/x, by division.
// x, y: [n]
// Parts: n
KERNEL(void, reciprocal, (size_t n, const T *x, T *y))

// y = x in double precision.
// x, y: [n]
// Parts: n
KERNEL(void, to_double, (size_t n, const T *x, double *y))

// y = x rounded to the precision of y.
// x, y: [n]
// Parts: n
KERNEL(void, from_double, (size_t n, const double *x, T *y))

// sum += x, and error += what that addition rounded away (nothing where the sum is not finite), so that sum + error is the
// sum of many arrays, rounded once.
// x, sum, error: [n]
// Swift: add(x, to: sum, keeping: error)
// Parts: n
KERNEL(void, add_with_error, (size_t n, const T *x, T *sum, T *error))

// y = e^x, +∞ on overflow, gradually 0 on underflow. Error: 1.1 ulp.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, exp, (size_t n, const T *x, T *y))

// y = ln x; log(±0) = −∞, and NaN for x < 0. Error: 0.9 ulp.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, log, (size_t n, const T *x, T *y))

// MARK: Activations
// "At x" and "at y" tell whether a backward kernel reads the input or the output of the activation. Near the limits of the
// output, y has no digits left that would tell the slope; x has.

// y = tanh x. Error: 2.7 ulp.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, tanh, (size_t n, const T *x, T *y))

// dx = dy (1 − y²), for y = tanh x.
// y, dy, dx: [n]
// Swift: none
KERNEL(void, tanh_backward, (size_t n, const T *y, const T *dy, T *dx))

// dx = dy (1 − tanh² x)
// x, dy, dx: [n]
// Swift: tanhBackward(at: x, dy, into: dx)
// Parts: n, at least 4096
KERNEL(void, tanh_backward_at, (size_t n, const T *x, const T *dy, T *dx))

// y = σ(x) = 1/(1 + e^−x). Error: 2.5 ulp.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, sigmoid, (size_t n, const T *x, T *y))

// dx = dy y (1 − y), for y = σ(x).
// y, dy, dx: [n]
// Swift: none
KERNEL(void, sigmoid_backward, (size_t n, const T *y, const T *dy, T *dx))

// dx = dy σ(x) σ(−x)
// x, dy, dx: [n]
// Swift: sigmoidBackward(at: x, dy, into: dx)
// Parts: n, at least 4096
KERNEL(void, sigmoid_backward_at, (size_t n, const T *x, const T *dy, T *dx))

// y = max(x, 0)
// x, y: [n]
// Parts: n
KERNEL(void, relu, (size_t n, const T *x, T *y))

// dx = dy where y > 0, NaN where y is NaN, 0 elsewhere, for y = max(x, 0).
// y, dy, dx: [n]
// Parts: n
KERNEL(void, relu_backward, (size_t n, const T *y, const T *dy, T *dx))

// y = x where x > 0, else slope x.
// x, y: [n]
// Parts: n
KERNEL(void, leaky_relu, (size_t n, T slope, const T *x, T *y))

// dx = dy where x > 0, NaN where x is NaN, slope dy elsewhere.
// x, dy, dx: [n]
// Parts: n
KERNEL(void, leaky_relu_backward, (size_t n, T slope, const T *x, const T *dy, T *dx))

// y = x where x > 0, else alpha (e^x − 1), accurate near 0.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, elu, (size_t n, T alpha, const T *x, T *y))

// dx = dy where x > 0, else dy alpha e^x.
// x, dy, dx: [n]
// Swift: eluBackward(at: x, dy, alpha: alpha, into: dx)
// Parts: n, at least 4096
KERNEL(void, elu_backward, (size_t n, T alpha, const T *x, const T *dy, T *dx))

// y = ln(1 + e^x). Error: 2.1 ulp.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, softplus, (size_t n, const T *x, T *y))

// dx = dy σ(x)
// x, dy, dx: [n]
// Parts: n, at least 4096
KERNEL(void, softplus_backward, (size_t n, const T *x, const T *dy, T *dx))

// y = x σ(x), −0 at −∞.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, silu, (size_t n, const T *x, T *y))

// dx = dy σ(x) (1 + x (1 − σ(x)))
// x, dy, dx: [n]
// Parts: n, at least 4096
KERNEL(void, silu_backward, (size_t n, const T *x, const T *dy, T *dx))

// y = x Φ(x), where Φ is the distribution function of the standard normal distribution; −0 at −∞.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, gelu, (size_t n, const T *x, T *y))

// dx = dy (Φ(x) + x φ(x)), where Φ and φ are the distribution and density functions of the standard normal distribution.
// x, dy, dx: [n]
// Parts: n, at least 4096
KERNEL(void, gelu_backward, (size_t n, const T *x, const T *dy, T *dx))

// y = x σ(u) = ½ x (1 + tanh(u/2)), u = √(8/π) (x + 0.044715 x³). Where x is very negative, the rounding of u counts.
// x, y: [n]
// Parts: n, at least 4096
KERNEL(void, gelu_tanh, (size_t n, const T *x, T *y))

// dx = dy (σ(u) + x u′ σ(u) (1 − σ(u))), u = √(8/π) (x + 0.044715 x³).
// x, dy, dx: [n]
// Parts: n, at least 4096
KERNEL(void, gelu_tanh_backward, (size_t n, const T *x, const T *dy, T *dx))

// y = scale x where element i of SplitMix64's sequence from `seed`, shifted right by 11, is below `threshold`, else 0 x. The
// same elements are kept in both precisions, and so in the forward and the backward pass.
// x, y: [n]
// Swift: none
KERNEL(void, dropout, (size_t n, uint64_t seed, uint64_t threshold, T scale, const T *x, T *y))

// MARK: Gates
// One time step of a recurrent cell between its matrix products.

// gates holds W x + U h and becomes the activations i, f, g, o = σ, σ, tanh, σ of (gates + bias); then
// c = f c_previous + i g and h = o tanh c.
// bias: [4 hidden], gates: [rows, 4 hidden], c_previous, c, tanh_c, h: [rows, hidden]
// Swift: none
KERNEL(void, lstm_forward, (size_t rows, size_t hidden, const T *bias, const T *c_previous,
                            T *gates, T *c, T *tanh_c, T *h))

// dgates = the gradient with respect to the preactivations, from dy and dh_next, the gradients with respect to h from the
// layer above and from step t + 1, and dc, the gradient with respect to c from step t + 1; dc becomes the gradient with
// respect to c_previous.
// gates, dgates: [rows, 4 hidden], c_previous, tanh_c, dy, dh_next, dc: [rows, hidden]
// Swift: none
KERNEL(void, lstm_backward, (size_t rows, size_t hidden, const T *gates, const T *c_previous, const T *tanh_c,
                             const T *dy, const T *dh_next, T *dc, T *dgates))

// gates holds W x and becomes r, z, n; products holds U h, and its last third becomes q = U_n h + b_hn:
// r, z = σ(gates + products + bias), n = tanh(W_n x + b_in + r q), h = (1 − z) n + z h_previous.
// The bias is b_ir + b_hr, b_iz + b_hz, b_in, b_hn.
// bias: [4 hidden], gates, products: [rows, 3 hidden], h_previous, h: [rows, hidden]
// Swift: none
KERNEL(void, gru_forward, (size_t rows, size_t hidden, const T *bias, const T *h_previous,
                           T *gates, T *products, T *h))

// dgates = the gradient with respect to W x, dproducts = that with respect to U h, from dy and dh_next, the gradients with
// respect to h from the layer above and from step t + 1; dh_next becomes dh z, the part of the gradient with respect to
// h_previous that does not pass through U.
// gates, products, dgates, dproducts: [rows, 3 hidden], h_previous, dy, dh_next: [rows, hidden]
// Swift: none
KERNEL(void, gru_backward, (size_t rows, size_t hidden, const T *gates, const T *products, const T *h_previous,
                            const T *dy, T *dh_next, T *dgates, T *dproducts))

// MARK: Reductions

// Σ x, accumulated in double: the error does not grow with n, and a sum that T can hold is returned even if the partial
// sums overflow.
// x: [n]
KERNEL(T, sum, (size_t n, const T *x))

// Σ x², accumulated in double: the error does not grow with n.
// x: [n]
KERNEL(double, sum_of_squares, (size_t n, const T *x))

// sums = Σ p², Σ g², Σ (q − p)², each with the bits of sum_of_squares, in one pass; Σ g² is 0 without g.
// p, q: [n], g: [n] or [], sums: [3]
// Swift: none
KERNEL(void, update_squares, (size_t n, const T *p, const T *g, const T *q, double *sums))

// sums = Σ (a/s)², Σ (b/t)², Σ (a/s)(b/t), with the bits of sum_of_squares and dot of the quotients, in one pass.
// a, b: [n], sums: [3]
// Swift: none
KERNEL(void, scaled_products, (size_t n, T s, T t, const T *a, const T *b, double *sums))

// Σ a b, accumulated in double: the error does not grow with n, and a result that double can hold is returned even if the
// partial sums overflow.
// a, b: [n]
KERNEL(double, dot, (size_t n, const T *a, const T *b))

// max x, NaN if any element is NaN; −∞ for an empty array.
// x: [n]
// Swift: maximum(of: x)
KERNEL(T, maximum_of, (size_t n, const T *x))

// min x, NaN if any element is NaN; +∞ for an empty array.
// x: [n]
// Swift: minimum(of: x)
KERNEL(T, minimum_of, (size_t n, const T *x))

// max |x|, NaN if any element is NaN; 0 for an empty array.
// x: [n]
KERNEL(T, max_magnitude, (size_t n, const T *x))

// The number of elements that are NaN or infinite, counted on the calling thread.
// x: [n]
// Swift: nonfiniteCount(in: x)
KERNEL(size_t, nonfinite_count, (size_t n, const T *x))

// The first index of the maximum, where NaN counts as the maximum; 0 for an empty array.
// x: [n]
KERNEL(size_t, index_of_maximum, (size_t n, const T *x))

// MARK: Rows

// y[r] += row, for every row r.
// row: [columns], y: [rows, columns]
// Swift: addRow(row, into: y)
// Parts: rows, at least 32768
KERNEL(void, add_row, (size_t rows, size_t columns, const T *row, T *y))

// y[r] *= row, for every row r.
// row: [columns], y: [rows, columns]
// Swift: multiplyRow(row, into: y)
// Parts: rows, at least 32768
KERNEL(void, multiply_row, (size_t rows, size_t columns, const T *row, T *y))

// y[r, c] = weights[r] x[r, c]
// weights: [rows], x, y: [rows, columns]
// Parts: rows, at least 32768
KERNEL(void, weight_rows, (size_t rows, size_t columns, const T *weights, const T *x, T *y))

// y[r, c] = (s a[r]) b[c]
// a: [rows], b: [columns], y: [rows, columns]
// Swift: outerProduct(a, b, scale: s, into: y)
KERNEL(void, outer_product, (size_t rows, size_t columns, T s, const T *a, const T *b, T *y))

// y[r, c] = Σ_g weights[g, r] x[g, r, c], with one rounding or two for each term. An output that is an input is undefined.
// weights: [groups, rows], x: [groups, rows, columns], y: [rows, columns]
// Swift: sumWeightedGroups(x, weights: weights, groups: groups, into: y)
KERNEL(void, sum_weighted_groups, (size_t groups, size_t rows, size_t columns, const T *weights, const T *x, T *y))

// y[c] = Σ_r x[r, c]. The error does not grow with the number of rows.
// x: [rows, columns], y: [columns]
// Swift: none
KERNEL(void, sum_rows, (size_t rows, size_t columns, const T *x, T *y))

// y[r] = Σ_c x[r, c]
// x: [rows, columns], y: [rows]
// Parts: rows
KERNEL(void, row_sums, (size_t rows, size_t columns, const T *x, T *y))

// y[r] = the first column of the maximum of row r, where NaN counts as the maximum.
// x: [rows, columns], y: [rows]
// Parts: rows
KERNEL(void, row_argmax, (size_t rows, size_t columns, const T *x, int64_t *y))

// below[c] += the number of rows with x[r, c] < lower[c], above[c] += that with x[r, c] > upper[c]; NaN is neither.
// lower, upper, below, above: [columns], x: [rows, columns]
// Swift: countBeyond(x, lower: lower, upper: upper, below: below, above: above)
KERNEL(void, count_beyond, (size_t rows, size_t columns, const T *lower, const T *upper, const T *x,
                            int64_t *below, int64_t *above))

// y[c] = the largest of y[c] and all x[r, c], NaN if any of them is NaN.
// x: [rows, columns], y: [columns]
// Swift: columnMaxima(x, into: y)
KERNEL(void, column_maxima, (size_t rows, size_t columns, const T *x, T *y))

// y[r, c] = e^x[r, c] / Σ_c e^x[r, c]. A row with NaN or +∞, or of −∞ only, becomes NaN.
// x, y: [rows, columns]
// Parts: rows, at least 4096
KERNEL(void, softmax, (size_t rows, size_t columns, const T *x, T *y))

// y[r, c] = x[r, c] − ln Σ_c e^x[r, c]. A row with NaN or +∞, or of −∞ only, becomes NaN.
// x, y: [rows, columns]
// Parts: rows, at least 4096
KERNEL(void, log_softmax, (size_t rows, size_t columns, const T *x, T *y))

// dx = y (dy − Σ y dy) along each row, for y = softmax x.
// y, dy, dx: [rows, columns]
// Parts: rows, at least 4096
KERNEL(void, softmax_backward, (size_t rows, size_t columns, const T *y, const T *dy, T *dx))

// dx = dy − e^y Σ dy along each row, for y = ln softmax x.
// y, dy, dx: [rows, columns]
// Parts: rows, at least 4096
KERNEL(void, log_softmax_backward, (size_t rows, size_t columns, const T *y, const T *dy, T *dx))

// Row r of each matrix of y is the softmax of the first r + 1 elements of that row of x, followed by zeros.
// x, y: [matrices, rows, columns]
// Parts: matrices, at least 4096
KERNEL(void, causal_softmax, (size_t matrices, size_t rows, size_t columns, const T *x, T *y))

// y[c, r] = x[r, c], never in place.
// x: [rows, columns] stride x_stride, y: [columns, rows] stride y_stride
// Swift: transpose(x, rows: rows, columns: columns, xStride: x_stride, yStride: y_stride, into: y)
KERNEL(void, transpose, (size_t rows, size_t columns, const T *x, size_t x_stride, T *y, size_t y_stride))

// MARK: Indexed rows
// Named as in PyTorch: `index_select` and `index_add` work on whole rows, `gather` and `scatter` on one element of each row.
// Indices are not checked.

// y[i] = x[index[i]], never in place.
// index: [rows], x: […, columns], y: [rows, columns]
// Swift: none
KERNEL(void, index_select, (size_t rows, size_t columns, const int64_t *index, const T *x, T *y))

// y[target[g]] += Σ x[source[i]] over first[g] <= i < first[g + 1], never in place. The targets differ from each other.
// target: [groups], first: [groups + 1], source: [rows], x: [rows, columns], y: […, columns]
// Swift: none
KERNEL(void, index_add, (size_t groups, size_t columns, const int64_t *target, const int64_t *first,
                         const int64_t *source, const T *x, T *y))

// y[r] = x[r, index[r]]
// index, y: [rows], x: [rows, columns]
// Parts: rows
KERNEL(void, gather, (size_t rows, size_t columns, const T *x, const int64_t *index, T *y))

// y[r, index[r]] = values[r], and 0 elsewhere.
// values, index: [rows], y: [rows, columns]
// Parts: rows
KERNEL(void, scatter, (size_t rows, size_t columns, const T *values, const int64_t *index, T *y))

// MARK: Channels
// Arrays [outer, channels, inner] with numbers that belong to a channel: images are [samples, channels, pixels], the
// columns of a matrix are channels with inner = 1, and its rows are channels with outer = 1. An index of the first
// axis starts `outer_stride` elements after the one before.

// y[c] = Σ x over all elements of channel c.
// x: [outer, channels, inner] stride outer_stride, y: [channels]
// Parts: channels, at least 8192
KERNEL(void, channel_sums, (size_t outer, size_t channels, size_t inner, size_t outer_stride, const T *x, T *y))

// y[c] = Σ (a − mean[c]) b over all elements of channel c, in double; without `mean`, the means are 0.
// a, b: [outer, channels, inner] stride outer_stride, mean: [channels] or [], y: [channels]
// Swift: channelDots(a, mean: mean, b, layout, into: y)
// Parts: channels, at least 8192
KERNEL(void, channel_dots, (size_t outer, size_t channels, size_t inner, size_t outer_stride, const double *mean, const T *a,
                            const T *b, double *y))

// mean + rest = scale · (the mean of x), where `rest` is what `mean` rounds away, and variance = scale² · (the mean of
// (x − its mean)²), not computed without `variance`. The scale is 1 unless a double cannot hold the squares of doubles: then
// it is a power of two that makes them fit.
// x: [outer, channels, inner] stride outer_stride, mean, rest, scale: [channels], variance: [channels] or []
// Parts: channels, at least 8192
KERNEL(void, channel_moments, (size_t outer, size_t channels, size_t inner, size_t outer_stride, const T *x,
                               double *mean, double *rest, double *scale, double *variance))

// y = (scale[c] x − mean[c] − rest[c]) factor[c]
// mean, rest, scale, factor: [channels], x, y: [outer, channels, inner] stride outer_stride
// Swift: channelStandardize(x, mean: mean, rest: rest, scale: scale, factor: factor, layout, into: y)
// Parts: channels, at least 8192
KERNEL(void, channel_standardize, (size_t outer, size_t channels, size_t inner, size_t outer_stride, const double *mean,
                                   const double *rest, const double *scale, const double *factor,
                                   const T *x, T *y))

// y = scale[c] x + shift[c]
// scale, shift: [channels], x, y: [outer, channels, inner] stride outer_stride
// Swift: channelAffine(x, scale: scale, shift: shift, layout, into: y)
// Parts: channels, at least 8192
KERNEL(void, channel_affine, (size_t outer, size_t channels, size_t inner, size_t outer_stride,
                              const T *scale, const T *shift, const T *x, T *y))

// y = (a − mean[c] − rest[c] − slope[c] b) factor[c], the part of a that neither a constant nor b explains.
// mean, rest, slope, factor: [channels], a, b, y: [outer, channels, inner] stride outer_stride
// Swift: channelResiduals(a, mean: mean, rest: rest, b, slope: slope, factor: factor, layout, into: y)
// Parts: channels, at least 8192
KERNEL(void, channel_residuals, (size_t outer, size_t channels, size_t inner, size_t outer_stride, const double *mean,
                                 const double *rest, const double *slope, const double *factor,
                                 const T *a, const T *b, T *y))

// MARK: Layer normalization

// y = γ x̂ + β along each row, with x̂ = (scale x − mean − rest) inverse / scale and inverse = 1/√(variance + epsilon). The
// mean, the rest and the scale are those of `channel_moments`.
// weight, bias: [columns], x, y: [rows, columns], mean, rest, scale, inverse: [rows]
// Swift: layerNorm(x, weight: weight, bias: bias, rows: rows, epsilon: epsilon, into: y, mean: mean, rest: rest,
//   scale: scale, inverse: inverse)
// Parts: rows, at least 4096
KERNEL(void, layer_norm, (size_t rows, size_t columns, double epsilon, const T *weight, const T *bias, const T *x, T *y,
                          double *mean, double *rest, double *scale, double *inverse))

// dx = inverse (g − mean(g) − x̂ mean(g x̂)) along each row, with g = γ dy; never in place. sums[0] + sums[1] += Σ_r dy x̂ and
// sums[2] + sums[3] += Σ_r dy, where the second of each pair is what the first rounds away. `row` is memory for one row.
// weight, row: [columns], mean, rest, scale, inverse: [rows], x, dy, dx: [rows, columns], sums: [4, columns]
// Swift: none
KERNEL(void, layer_norm_backward, (size_t rows, size_t columns, const T *weight, const double *mean, const double *rest,
                                   const double *scale, const double *inverse, const T *x, const T *dy, T *row, T *dx,
                                   double *sums))

// MARK: Windows
// Windows move over planes as `backflow_windows` describes; plane, outputs and taps are the numbers of elements of a plane,
// of windows, and of taps of a window. None of these kernels works in place.

// columns[c, i, j, n, o, p] = tap (i, j) of window (o, p) in channel c of sample n, 0 in the padding. The channels of a
// sample follow each other. The layers do without; the kernels of convolutions are tested against it.
// x: [samples, channels plane] stride sample_stride, columns: [channels, taps, samples, outputs]
// Swift: none
KERNEL(void, unfold, (size_t samples, size_t channels, size_t sample_stride, const backflow_windows *w,
                      const T *x, T *columns))

// The transpose of `unfold`: dx[n, c] = Σ of the columns that `unfold` reads there.
// columns: [channels, taps, samples, outputs], dx: [samples, channels plane] stride sample_stride
// Swift: none
KERNEL(void, fold, (size_t samples, size_t channels, size_t sample_stride, const backflow_windows *w,
                    const T *columns, T *dx))

// y = the largest tap of each window inside the plane, and winner = its index in the plane, which has at most 2³¹ − 1
// elements. NaN is the largest, and the first of equal taps wins; a window in the padding has y = −∞ and winner −1.
// x: [planes, plane], y, winner: [planes, outputs]
// Parts: planes, at least 4096
KERNEL(void, max_pool, (size_t planes, const backflow_windows *w, const T *x, T *y, int32_t *winner))

// dx = Σ of the dy of the windows whose winner is this element, 0 without any.
// winner, dy: [planes, outputs], dx: [planes, plane]
// Swift: maxPoolBackward(dy, winners: winner, planes: planes, w, into: dx)
// Parts: planes, at least 4096
KERNEL(void, max_pool_backward, (size_t planes, const backflow_windows *w, const int32_t *winner,
                                 const T *dy, T *dx))

// y = the mean of the taps of each window: of all, with 0 in the padding, if `count_padding`, else of those inside the
// plane. The dilation is 1.
// x: [planes, plane], y: [planes, outputs]
// Swift: averagePool(x, planes: planes, w, countsPadding: count_padding, into: y)
// Parts: planes, at least 4096
KERNEL(void, average_pool, (size_t planes, const backflow_windows *w, int count_padding, const T *x, T *y))

// dx = Σ over the windows that cover this element of dy divided by the number of taps that `average_pool` counts.
// dy: [planes, outputs], dx: [planes, plane]
// Swift: averagePoolBackward(dy, planes: planes, w, countsPadding: count_padding, into: dx)
// Parts: planes, at least 4096
KERNEL(void, average_pool_backward, (size_t planes, const backflow_windows *w, int count_padding,
                                     const T *dy, T *dx))

// MARK: Convolution
// The columns of `unfold` are not written out. Instead the channels of a sample are copied to an image with the padding, in
// which row k of the columns is the image itself, shifted by shifts[k]. What the image and the shifts are belongs to the
// instruction set; k runs over channels and taps, channels · taps in number. None of these kernels works in place.

// The number of elements that `shift_image` writes.
// Swift: none
KERNEL(size_t, shifted_size, (size_t channels, const backflow_windows *w))

// Copies the channels of a sample to the image that the kernels below read.
// x: [channels, plane], image: [shifted_size(channels, w)]
// Swift: none
KERNEL(void, shift_image, (size_t channels, const backflow_windows *w, const T *x, T *image))

// The shifts of all taps of all channels.
// shifts: [channels, taps]
// Swift: none
KERNEL(void, shifts, (size_t channels, const backflow_windows *w, int64_t *shifts))

// y = W X + b for one sample, where X are the columns; the sum over k is formed in blocks, as in `packed_product`.
// weights: [m, k], bias: [m] or [], shifts: [k], image: [shifted_size], y: [m, outputs]
// Swift: none
KERNEL(void, convolve, (size_t m, size_t k, const backflow_windows *w, const T *weights, const T *bias,
                        const int64_t *shifts, const T *image, T *y))

// flipped[c, o, i, j] = weights[o, c, kernel height − 1 − i, kernel width − 1 − j], the weights of the convolution of dy that
// is dx.
// weights: [outputs, inputs, taps], flipped: [inputs, outputs, taps]
// Swift: none
KERNEL(void, flip_taps, (size_t outputs, size_t inputs, size_t taps, const T *weights, T *flipped))

// C = Σ over samples of X dYᵀ, the gradient with respect to the weights, transposed. dYᵀ is packed by `pack`; consecutive
// images start image_stride apart. The sums over all windows of all samples are formed in blocks, as in `packed_product`.
// shifts: [k], image: [samples, shifted_size] stride image_stride, gradient: [samples, packed_size(outputs, n)], c: [k, n]
// Swift: none
KERNEL(void, convolution_weights, (size_t samples, size_t n, size_t k, size_t image_stride, const backflow_windows *w,
                                   const int64_t *shifts, const T *image, const T *gradient, T *c))

// The same for one sample with dY as it is: faster than `convolution_weights` if n is small.
// shifts: [k], image: [shifted_size], gradient: [n, outputs], c: [k, n]
// Swift: none
KERNEL(void, convolution_dots, (size_t n, size_t k, const backflow_windows *w, const int64_t *shifts, const T *image,
                                const T *gradient, T *c))

// MARK: Losses
// The loss of each sample, and `scale` times its gradient with respect to x, the logits or the scores. Labels lie in
// 0 ..< columns and are not checked.

// loss = (x − t)²
// x, t, loss, gradient: [n]
// Parts: n
KERNEL(void, squared_error, (size_t n, double scale, const T *x, const T *t, T *loss, T *gradient))

// loss = −t ln σ(x) − (1 − t) ln(1 − σ(x)), accurate where the answer is nearly certain and right.
// x, t, loss, gradient: [n]
// Parts: n, at least 4096
KERNEL(void, sigmoid_cross_entropy, (size_t n, double scale, const T *x, const T *t, T *loss, T *gradient))

// loss = d²/2 for |d| <= delta, else delta (|d| − delta/2), with d = x − t.
// x, t, loss, gradient: [n]
// Parts: n
KERNEL(void, huber, (size_t n, T delta, double scale, const T *x, const T *t, T *loss, T *gradient))

// loss = d²/(2 beta) for |d| < beta, else |d| − beta/2, with d = x − t; for beta = 0 it is |d|, with gradient 0 at 0.
// x, t, loss, gradient: [n]
// Parts: n
KERNEL(void, smooth_l1, (size_t n, T beta, double scale, const T *x, const T *t, T *loss, T *gradient))

// loss[r] = −Σ q ln softmax(logits[r]), q = (1 − smoothing) onehot(labels[r]) + smoothing/columns. A negative label makes
// the kernel ignore its row, whatever it holds: loss and gradient are 0.
// logits, gradient: [rows, columns], labels, loss: [rows]
// Parts: rows, at least 4096
KERNEL(void, cross_entropy, (size_t rows, size_t columns, double smoothing, double scale, const T *logits,
                             const int64_t *labels, T *loss, T *gradient))

// loss[r] = −Σ q ln softmax(logits[r]), q = (1 − smoothing) targets[r] + smoothing/columns.
// logits, targets, gradient: [rows, columns], loss: [rows]
// Swift: softCrossEntropy(logits, targets: targets, columns: columns, smoothing: smoothing, scale: scale,
//   losses: loss, gradient: gradient)
// Parts: rows, at least 4096
KERNEL(void, soft_cross_entropy, (size_t rows, size_t columns, double smoothing, double scale, const T *logits,
                                  const T *targets, T *loss, T *gradient))

// loss[r] = Σ max(0, margin − x[label] + x[i]) / columns over i ≠ label, with x = scores[r]; each term is squared before
// the division if `squared`. The gradient is 0 where a term is exactly 0.
// scores, gradient: [rows, columns], labels, loss: [rows]
// Parts: rows, at least 4096
KERNEL(void, multiclass_hinge, (size_t rows, size_t columns, T margin, int squared, double scale, const T *scores,
                            const int64_t *labels, T *loss, T *gradient))

// MARK: Optimizers
// One step in place, with PyTorch's rules in PyTorch's order. The scalars are double because PyTorch computes 1 − beta in
// double. In the adaptive rules (Adam, RMSProp, Adagrad) a finite g counts as at most 2^63 (double: 2^511) in magnitude, and
// the divisor as at least the inverse of that, so that no square overflows and no division is by a square that vanished. A g
// that is not finite gives NaN.

// g = gradient + weight_decay p; v = momentum v + g; p −= learning_rate v, or learning_rate (g + momentum v) if `nesterov`,
// for velocity v and parameter p. The velocity is 0 before the first step.
// gradient, velocity, parameter: [n]
// Swift: sgdUpdate(learningRate: learning_rate, momentum: momentum, isNesterov: nesterov, weightDecay: weight_decay,
//   gradient: gradient, velocity: velocity, parameter: parameter)
// Parts: n
KERNEL(void, sgd_update, (size_t n, double learning_rate, double momentum, int nesterov, double weight_decay,
                          const T *gradient, T *velocity, T *parameter))

// g = gradient + weight_decay p; m += (1 − beta1)(g − m); v += (1 − beta2)(g² − v);
// p −= (learning_rate / correction1) m / (√v / √correction2 + epsilon) + decoupled_decay p,
// where correctionᵢ = 1 − betaᵢ^step. Adam: decoupled_decay = 0. AdamW: weight_decay = 0 and decoupled_decay =
// learning_rate · its decay.
// gradient, m, v, parameter: [n]
// Parts: n, at least 4096
KERNEL(void, adam_update, (size_t n, double learning_rate, double beta1, double beta2, double epsilon,
                           double correction1, double correction2, double weight_decay, double decoupled_decay,
                           const T *gradient, T *m, T *v, T *parameter))

// g = gradient + weight_decay p; s += (1 − alpha)(g² − s); v = momentum v + g / (√s + epsilon); p −= learning_rate v,
// for mean square s, velocity v and parameter p.
// gradient, square, velocity, parameter: [n]
// Parts: n, at least 4096
KERNEL(void, rmsprop_update, (size_t n, double learning_rate, double alpha, double epsilon, double momentum,
                              double weight_decay, const T *gradient, T *square, T *velocity, T *parameter))

// g = gradient + weight_decay p; s += g², at most the largest number; p −= learning_rate g / (√s + epsilon), for sum s
// and parameter p.
// gradient, sum, parameter: [n]
// Swift: adagradUpdate(learningRate: learning_rate, epsilon: epsilon, weightDecay: weight_decay,
//   gradient: gradient, sum: sum, parameter: parameter)
// Parts: n, at least 4096
KERNEL(void, adagrad_update, (size_t n, double learning_rate, double epsilon, double weight_decay,
                              const T *gradient, T *sum, T *parameter))

// MARK: Packed product
// C = A B with B packed before: once for many products (the recurrent step), or one panel at a time (small products).

// The number of elements that `pack` writes for B [k, n].
// Swift: none
KERNEL(size_t, packed_size, (size_t k, size_t n))

// Packs B, whose element (p, j) is b[p b_row_stride + j b_column_stride], so that B and its transpose take the same time.
// The layout of the result belongs to the instruction set that wrote it.
// b: [k, n], packed: [packed_size(k, n)]
// Swift: none
KERNEL(void, pack, (size_t k, size_t n, const T *b, size_t b_row_stride, size_t b_column_stride, T *packed))

// C = A B, added to C if `accumulate`; otherwise C is not read. C must not overlap A or packed. NaN and ∞ in A or B reach
// exactly the elements of C that depend on them. `backwards` computes the columns of C from the last to the first: the same
// bits, but it begins with the part of packed that the product before left in the first-level cache. The sum over k is
// formed in blocks that are added up in C: the error grows with the number of blocks beyond a few dozen, so that the
// caller divides a k of more than about ten thousand.
// a: [m, k] stride a_stride, packed: [packed_size(k, n)], c: [m, n] stride c_stride
// Swift: none
KERNEL(void, packed_product, (size_t m, size_t n, size_t k, const T *a, size_t a_stride,
                              const T *packed, int accumulate, int backwards, T *c, size_t c_stride))

// C = Aᵀ B, added to C if `accumulate`; otherwise C is not read. As `packed_product`, but A is read by columns, and the sum
// over k is one running sum, so that the caller divides a k of more than a few hundred. Where the rows of A are a power of
// two apart, the caller copies them closer together first: they would share too few places of the cache.
// a: [k, m] stride a_stride, packed: [packed_size(k, n)], c: [m, n] stride c_stride
// Swift: none
KERNEL(void, columns_product, (size_t m, size_t n, size_t k, const T *a, size_t a_stride,
                               const T *packed, int accumulate, T *c, size_t c_stride))
