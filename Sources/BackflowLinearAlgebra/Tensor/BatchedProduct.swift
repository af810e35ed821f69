internal import BackflowKernels

/// The products op(A_i)·op(B_i) of as many matrices, which are the last two axes of the tensors.
///
///     A [..., m, k] · B [..., k, n] → C [..., m, n]
///
/// `matmul` takes leading axes as rows of one matrix instead. Shapes: the leading axes of A and B
/// are alike; a transposed A is [..., k, m], a transposed B [..., n, k].
///
/// - Parameters:
///   - a: The left factors.
///   - b: The right factors.
///   - transposeLeft: Whether each left factor is transposed.
///   - transposeRight: Whether each right factor is transposed.
///   - scale: A number that multiplies each product.
/// - Precondition: The leading axes are equal, and so are the inner extents.
/// - Complexity: 2·m·n·k flops for each product. The products are divided among the threads.
public func batchedMatmul<S>(
  _ a: Tensor<S>, _ b: Tensor<S>, transposeLeft: Bool = false, transposeRight: Bool = false,
  scale: S = 1
) -> Tensor<S> {
  let (rank, left, right) = (a.rank, a.shape, b.shape)
  let fits =
    rank >= 2 && b.rank == rank && left.dropLast(2).elementsEqual(right.dropLast(2))
    && left[transposeLeft ? rank - 2 : rank - 1] == right[transposeRight ? rank - 1 : rank - 2]
  require(
    fits,
    "batchedMatmul: shapes \(left)\(transposeLeft ? "ᵀ" : "") and \(right)\(transposeRight ? "ᵀ" : "")"
      + " do not fit together")
  let m = left[transposeLeft ? rank - 1 : rank - 2]
  let n = right[transposeRight ? rank - 2 : rank - 1]
  var result = Tensor<S>(
    uninitialized: left.replacing(axis: rank - 2, with: m).replacing(axis: rank - 1, with: n))
  BLAS.gemm(
    count: left.dropLast(2).reduce(1, *), m: m, n: n,
    k: left[transposeLeft ? rank - 2 : rank - 1], alpha: scale,
    a.span, transposed: transposeLeft, b.span, transposed: transposeRight, into: result.mutableSpan)
  return result
}
