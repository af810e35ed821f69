import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import Foundation
import TestSupport
import Testing

/// The eigenvalues by the multishift iteration, in double precision.
func multishift<S: RealScalar>(_ a: Tensor<S>) throws -> [ComplexDouble] {
  let values = try LAPACK.multishiftEigenvalues(of: a.span, order: a.shape[0])
  expectPairs(values)
  return values.map(\.exact)
}

/// The size of a perturbation E for which computed eigenvalues are those of A + E: each of about n
/// transformations has a rounding error of ε‖A‖, and they add up like independent errors to √n
/// times that (Higham, "Accuracy and Stability of Numerical Algorithms", sections 2.8 and 19.3).
/// The constant is 4.
func backwardError<S: RealScalar>(_: S.Type, order: Int, norm: Double) -> Double {
  4 * Double(order).squareRoot() * Double(S.ulpOfOne) * norm
}

/// Checks the eigenvalues of a matrix in both precisions. Returns them, in double precision.
@discardableResult func checkBoth(
  _ matrix: Tensor<Double>, _ expected: [ComplexDouble]? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> [[ComplexDouble]] {
  func check<S: RealScalar>(_: S.Type) throws -> [ComplexDouble] {
    let a = Tensor<S>(matrix)
    let values = try multishift(a)
    try expectSpectrum(values, of: a, expected, sourceLocation: sourceLocation)
    expectTraces(values, a, sourceLocation: sourceLocation)
    return values
  }
  return [try check(Float.self), try check(Double.self)]
}

/// Fails unless all eigenvalues are equal to `value` without an error.
func checkExactly(
  _ matrix: Tensor<Double>, _ value: Double, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = [ComplexDouble](repeating: ComplexDouble(value), count: matrix.shape[0])
  #expect(try multishift(matrix) == expected, sourceLocation: sourceLocation)
  #expect(try multishift(Tensor<Float>(matrix)) == expected, sourceLocation: sourceLocation)
}

/// Fails unless the eigenvalues are those of `a` up to rounding: each eigenvalue moves by at most
/// its condition number, in the balanced matrix, times the perturbation (see `LAPACK.geevx`).
///
/// The reference is LAPACK's in double precision or, if it is known, `expected`.
func expectSpectrum<S: RealScalar>(
  _ actual: [ComplexDouble], of a: Tensor<S>, _ expected: [ComplexDouble]? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let order = a.shape[0]
  let reference = try LAPACK.geevx(valuesOf: a.exact.span, order: order)
  let error = backwardError(S.self, order: order, norm: reference.balancedNorm)
  let scale = max(reference.values.map(\.length).max() ?? 1, .leastNonzeroMagnitude)
  var left = actual
  // The most accurate ones first, so that they do not lose their partners to others.
  let byCondition = reference.values.indices.sorted {
    reference.balancedConditions[$0] < reference.balancedConditions[$1]
  }
  try #require(left.count == order, sourceLocation: sourceLocation)
  var largest = 0.0
  for index in byCondition {
    let value = reference.values[index]
    let nearest = try #require(
      left.indices.min { (left[$0] - value).length < (left[$1] - value).length })
    let tolerance = error * reference.balancedConditions[index]
    largest = max(largest, tolerance)
    let distance = (left.remove(at: nearest) - value).length
    #expect(
      distance <= tolerance && tolerance < scale,
      "\(value): \(distance) of \(tolerance)", sourceLocation: sourceLocation)
  }
  guard let expected else { return }
  expectSameEigenvalues(
    actual, expected, Tolerance(largest, scale: scale), sourceLocation: sourceLocation)
}

/// Fails unless Σλ = tr A and Σλ² = tr A² up to rounding, however sensitive the eigenvalues are.
/// For a perturbation E, |tr E| ≤ √n‖E‖ and |tr (A + E)² − tr A²| ≤ 2‖A‖‖E‖ to first order.
func expectTraces<S: RealScalar>(
  _ values: [ComplexDouble], _ a: Tensor<S>, sourceLocation: SourceLocation = #_sourceLocation
) {
  let (order, elements, norm) = (a.shape[0], a.numbers, a.scale)
  let rounding = backwardError(S.self, order: order, norm: norm)
  let sum = values.reduce(ComplexDouble.zero, +)
  let squares = values.reduce(ComplexDouble.zero) { $0 + $1 * $1 }
  var (trace, traceOfSquare) = (0.0, 0.0)
  for row in 0..<order {
    trace += elements[row * order + row]
    for column in 0..<order {
      traceOfSquare += elements[row * order + column] * elements[column * order + row]
    }
  }
  let root = Double(order).squareRoot()
  expectClose(
    [sum.real, sum.imaginary], [trace, 0], Tolerance(root * rounding, scale: root * norm), "trace",
    sourceLocation: sourceLocation)
  expectClose(
    [squares.real, squares.imaginary], [traceOfSquare, 0],
    Tolerance(2 * norm * rounding, scale: norm * norm), "trace of the square",
    sourceLocation: sourceLocation)
}

/// Fails unless conjugate pairs are exact and adjacent, the positive imaginary part first.
func expectPairs<S: RealScalar>(
  _ values: [Complex<S>], sourceLocation: SourceLocation = #_sourceLocation
) {
  var index = 0
  while index < values.count {
    if values[index].imaginary == 0 {
      index += 1
      continue
    }
    #expect(
      values[index].imaginary > 0 && index + 1 < values.count
        && values[index + 1] == values[index].conjugate, sourceLocation: sourceLocation)
    index += 2
  }
}

/// exp(2πi·k/n)
func root(_ k: Int, of n: Int) -> ComplexDouble {
  ComplexDouble(length: 1, phase: 2 * Double.pi * Double(k) / Double(n))
}

/// The matrix with these values on its diagonals, by their distance from the main diagonal.
func toeplitz(_ order: Int, _ diagonals: [Int: Double]) -> Tensor<Double> {
  var matrix = Tensor<Double>.zeros([order, order])
  for row in 0..<order {
    for (distance, value) in diagonals where (0..<order).contains(row + distance) {
      matrix[row, row + distance] = value
    }
  }
  return matrix
}

/// Rows and columns in another order.
func permuted(_ matrix: Tensor<Double>, _ order: [Int]) -> Tensor<Double> {
  var result = matrix
  for row in order.indices {
    for column in order.indices { result[row, column] = matrix[order[row], order[column]] }
  }
  return result
}
