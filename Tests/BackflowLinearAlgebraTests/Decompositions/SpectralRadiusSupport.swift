import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import TestSupport
import Testing

/// Checks the spectral radius of a matrix in both precisions against all eigenvalues and, if it is
/// known, against `expected`. Returns the methods, of single and of double precision.
///
/// The result of the iteration may differ by the errors of both, each of the size of rounding times
/// the condition number; without it, the bits are those of the largest of all eigenvalues.
@discardableResult func checkRadius(
  _ matrix: Tensor<Double>, _ expected: Double? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> [RadiusMethod] {
  func check<S: RealScalar>(_: S.Type) throws -> RadiusMethod {
    let a = Tensor<S>(matrix)
    let radius = try SpectralRadius(of: a)
    #expect(try spectralRadius(of: a) == radius.value, sourceLocation: sourceLocation)
    guard case .arnoldi(let residual, let condition) = radius.method else {
      #expect(
        radius.value == (try eigenvalues(of: a).map(\.length).max()),
        sourceLocation: sourceLocation)
      return RadiusMethod(radius.method)
    }
    let order = a.shape[0]
    let rounding = backwardError(S.self, order: order, norm: a.scale)
    #expect(
      residual * Double(radius.value) <= rounding / 2 && condition <= 100,
      sourceLocation: sourceLocation)
    let reference =
      if let expected { expected } else {
        try #require(try eigenvalues(of: a.exact).map(\.length).max())
      }
    expectClose(
      [Double(radius.value)], [reference],
      Tolerance(condition * rounding, scale: reference), sourceLocation: sourceLocation)
    return .arnoldi
  }
  return [try check(Float.self), try check(Double.self)]
}

/// The method without its figures.
enum RadiusMethod: Equatable {
  case arnoldi
  case allEigenvalues(SpectralRadiusObstacle)

  init<S: RealScalar>(_ method: SpectralRadius<S>.Method) {
    self =
      switch method {
      case .arnoldi: .arnoldi
      case .allEigenvalues(let obstacle): .allEigenvalues(obstacle)
      }
  }
}

/// Q·M·Qᵀ for a random orthogonal Q, which has the eigenvalues and condition numbers of M.
func rotated(_ matrix: Tensor<Double>, seed: UInt64 = 3) throws -> Tensor<Double> {
  let order = matrix.shape[0]
  let q = try QRDecomposition(of: randomMatrix([order, order], seed: seed) as Tensor<Double>).q
  return matmul(matmul(q, matrix), q.transposed)
}

/// The matrix with these blocks on its diagonal.
func blockDiagonal(_ blocks: [Tensor<Double>]) -> Tensor<Double> {
  let order = blocks.reduce(0) { $0 + $1.shape[0] }
  var matrix = Tensor<Double>.zeros([order, order])
  var start = 0
  for block in blocks {
    for row in 0..<block.shape[0] {
      for column in 0..<block.shape[0] { matrix[start + row, start + column] = block[row, column] }
    }
    start += block.shape[0]
  }
  return matrix
}

/// r times a rotation of the plane.
func rotation(_ radius: Double, _ angle: Double) -> Tensor<Double> {
  let value = ComplexDouble(length: radius, phase: angle)
  return Tensor(rows: [[value.real, -value.imaginary], [value.imaginary, value.real]])
}

/// A Gaussian matrix with the spectral radius 1, about.
func gaussian(_ order: Int, seed: UInt64 = 1) -> Tensor<Double> {
  randomMatrix([order, order], seed: seed) * (1 / Double(order).squareRoot())
}
