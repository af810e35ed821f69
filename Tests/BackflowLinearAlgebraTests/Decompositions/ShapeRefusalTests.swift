import BackflowKernels
import BackflowLinearAlgebra
import Testing

@Suite struct `A shape that does not fit` {
  @Test func `stops with the shape where the matrix must be square`() async {
    let first = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try eigenvalues(of: Tensor<Double>.zeros([3, 4])) }
    expectMessage("[3, 4]", first)
    let second = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try LUDecomposition(of: Tensor<Double>.zeros([3, 4])) }
    expectMessage("[3, 4]", second)
    let third = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try CholeskyDecomposition(of: Tensor<Double>.zeros([4])) }
    expectMessage("[4]", third)
  }

  @Test func `stops with the shape where there must be a matrix`() async {
    let first = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try singularValues(of: Tensor<Double>.zeros([2, 3, 4])) }
    expectMessage("[2, 3, 4]", first)
    let second = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try QRDecomposition(of: Tensor<Double>.zeros([6])) }
    expectMessage("[6]", second)
  }

  @Test func `stops with both shapes where a right-hand side does not fit`() async {
    let first = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try solve(Tensor<Double>.identity(4), .zeros([3, 2])) }
    expectMessage("shape [3, 2] does not fit a matrix of shape [4, 4]", first)
    let second = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = try leastSquares(Tensor<Double>.identity(4), .zeros([3, 2])) }
    expectMessage("shape [3, 2] does not fit a matrix of shape [4, 4]", second)
  }

  private func expectMessage(_ text: String, _ result: ExitTest.Result?) {
    let message = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
    #expect(message.contains(text), "the message was: \(message)")
  }
}
