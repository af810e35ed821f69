internal import COpenBLAS

/// The routines of CBLAS in one precision that this folder calls.
@safe struct BLASRoutines<Scalar>: Sendable {
  typealias Input = UnsafePointer<Scalar>?
  typealias Output = UnsafeMutablePointer<Scalar>?

  let gemm:
    @Sendable (
      CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint,
      Scalar, Input, blasint, Input, blasint, Scalar, Output, blasint
    ) -> Void
  let gemv:
    @Sendable (
      CBLAS_ORDER, CBLAS_TRANSPOSE, blasint, blasint,
      Scalar, Input, blasint, Input, blasint, Scalar, Output, blasint
    ) -> Void
  let ger:
    @Sendable (
      CBLAS_ORDER, blasint, blasint, Scalar, Input, blasint, Input, blasint, Output, blasint
    ) -> Void
  let axpy: @Sendable (blasint, Scalar, Input, blasint, Output, blasint) -> Void
  let nrm2: @Sendable (blasint, Input, blasint) -> Scalar
}

extension BLASRoutines<Float> {
  static let single = unsafe BLASRoutines(
    gemm: cblas_sgemm, gemv: cblas_sgemv, ger: cblas_sger, axpy: cblas_saxpy,
    nrm2: cblas_snrm2)
}

extension BLASRoutines<Double> {
  static let double = unsafe BLASRoutines(
    gemm: cblas_dgemm, gemv: cblas_dgemv, ger: cblas_dger, axpy: cblas_daxpy,
    nrm2: cblas_dnrm2)
}
