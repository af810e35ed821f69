internal import BackflowKernels
internal import ComplexModule

/// A complex vector with its real and its imaginary parts apart.
struct ComplexVector<Scalar: RealScalar> {
  private var real, imaginary: Tensor<Scalar>

  /// Creates the vector of norm 1 in the direction of the one whose parts are the two rows.
  init(_ parts: Tensor<Scalar>) {
    let unit = parts * (1 / parts.norm())
    (real, imaginary) = (unit.select(0), unit.select(1))
  }

  private init(_ real: Tensor<Scalar>, _ imaginary: Tensor<Scalar>) {
    (self.real, self.imaginary) = (real, imaginary)
  }

  var norm: Double {
    let (a, b) = (VectorKernels.norm(real.span), VectorKernels.norm(imaginary.span))
    return (a * a + b * b).squareRoot()
  }

  /// Returns A·x.
  func multiplied(by matrix: Tensor<Scalar>) -> ComplexVector {
    ComplexVector(matvec(matrix, real), matvec(matrix, imaginary))
  }

  /// Returns xᵀy, without conjugation.
  func product(_ y: ComplexVector) -> Complex<Double> {
    Complex(
      VectorKernels.dot(real.span, y.real.span)
        - VectorKernels.dot(imaginary.span, y.imaginary.span),
      VectorKernels.dot(real.span, y.imaginary.span)
        + VectorKernels.dot(imaginary.span, y.real.span))
  }

  /// Returns y − λx for this vector y.
  func subtracting(_ value: Complex<Double>, times x: ComplexVector) -> ComplexVector {
    let (re, im) = (Scalar(value.real), Scalar(value.imaginary))
    var result = self
    BLAS.axpy(-re, x.real.span, into: result.real.mutableSpan)
    BLAS.axpy(im, x.imaginary.span, into: result.real.mutableSpan)
    BLAS.axpy(-re, x.imaginary.span, into: result.imaginary.mutableSpan)
    BLAS.axpy(-im, x.real.span, into: result.imaginary.mutableSpan)
    return result
  }
}
