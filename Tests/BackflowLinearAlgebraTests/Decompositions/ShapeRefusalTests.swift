import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `A shape that does not match` {
  @Test func `stops with the shape if the matrix must be square`() async {
    let first = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try eigenvalues(of: Tensor<Double>.zeros([3, 4])) }
    #expect(stopMessage(first).contains("[3, 4]"))
    let second = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try LUDecomposition(of: Tensor<Double>.zeros([3, 4])) }
    #expect(stopMessage(second).contains("[3, 4]"))
    let third = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try CholeskyDecomposition(of: Tensor<Double>.zeros([4])) }
    #expect(stopMessage(third).contains("[4]"))
  }

  @Test func `stops with the shape if there must be a matrix`() async {
    let first = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try singularValues(of: Tensor<Double>.zeros([2, 3, 4])) }
    #expect(stopMessage(first).contains("[2, 3, 4]"))
    let second = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try QRDecomposition(of: Tensor<Double>.zeros([6])) }
    #expect(stopMessage(second).contains("[6]"))
  }

  @Test func `stops with both shapes if a right-hand side does not match`() async {
    let first = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try solve(Tensor<Double>.identity(4), .zeros([3, 2])) }
    #expect(stopMessage(first).contains("shape [3, 2] does not fit a matrix of shape [4, 4]"))
    let second = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try leastSquares(Tensor<Double>.identity(4), .zeros([3, 2])) }
    #expect(stopMessage(second).contains("shape [3, 2] does not fit a matrix of shape [4, 4]"))
  }
}
