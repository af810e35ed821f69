import BackflowKernels
import BackflowLinearAlgebra
import Foundation
import TestSupport
import Testing

// Each function calls its kernel, keeps the shape, and agrees with Foundation. The accuracy of the
// kernels has its own tests.
@Suite struct `A function of a tensor` {
  @Test func `agrees with Foundation, element by element`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let x = samples(77, as: S.self).map { 6 * $0 }
      let tensor = Tensor(x, shape: [7, 11])
      let positive = tensor.magnitude + S(0.25)

      agree(exp(tensor), x.map { Foundation.exp(Double($0)) })
      agree(log(positive), positive.elements.map { Foundation.log(Double($0)) })
      agree(tanh(tensor), x.map { Foundation.tanh(Double($0)) })
      agree(sigmoid(tensor), x.map { 1 / (1 + Foundation.exp(-Double($0))) })
      #expect(relu(tensor).elements == x.map { Swift.max($0, 0) })
      #expect(tensor.magnitude.elements == x.map { abs($0) })
      #expect(tensor.squared().elements == x.map { $0 * $0 })
      #expect(positive.squareRoot().elements == positive.elements.map { $0.squareRoot() })
      #expect(tensor.clamped(to: -2...3).elements == x.map { Swift.min(Swift.max($0, -2), 3) })

      /// Relative to each number, so that small numbers are tested.
      func agree(
        _ actual: Tensor<S>, _ expected: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
      ) {
        #expect(actual.shape == [7, 11], sourceLocation: sourceLocation)
        expectClose(
          zip(actual.elements, expected).map { Double($0) / $1 },
          [Double](repeating: 1, count: 77), Tolerance(S.self, length: 1, scale: 1),
          "\(S.self)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test func `propagates NaN and handles infinities and zeros`() {
    let x = Tensor<Double>([-.infinity, -1, -0.0, 0, .infinity, .nan])
    #expect(exp(x).elements[..<5] == [0, Foundation.exp(-1), 1, 1, .infinity])
    #expect(tanh(x).elements[..<5] == [-1, Foundation.tanh(-1), 0, 0, 1])
    #expect(sigmoid(x)[0] == 0 && sigmoid(x)[2] == 0.5 && sigmoid(x)[4] == 1)
    #expect(relu(x).elements[..<5] == [0, 0, 0, 0, .infinity])
    #expect(log(x)[1].isNaN && log(x)[3] == -.infinity && log(x)[4] == .infinity)
    #expect(x.squareRoot()[1].isNaN && x.squareRoot()[4] == .infinity)
    #expect(x.clamped(to: -2...3).elements[..<5] == [-2, -1, 0, 0, 3])
    #expect(x.magnitude.elements[..<5] == [.infinity, 1, 0, 0, .infinity])
    for function in [exp, log, tanh, sigmoid, relu] as [(Tensor<Double>) -> Tensor<Double>] {
      #expect(function(x)[5].isNaN)
    }
    for result in [x.magnitude, x.squared(), x.squareRoot(), x.clamped(to: -2...3)] {
      #expect(result[5].isNaN)
    }
  }

  @Test func `of an empty tensor is empty, of a scalar a scalar`() {
    let none = Tensor<Float>.zeros([2, 0])
    for function in [exp, log, tanh, sigmoid, relu, softmax, logSoftmax]
      as [(Tensor<Float>) -> Tensor<Float>]
    {
      #expect(function(none).shape == [2, 0])
    }
    #expect(exp(Tensor(scalar: 0.0)) == Tensor(scalar: 1))
    #expect(Tensor(scalar: -3.0).squared() == Tensor(scalar: 9))
  }
}

@Suite struct `The softmax` {
  @Test func `is eˣ over its sum along the last axis, and its logarithm the logarithm`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let x = samples(2 * 3 * 11, as: S.self).map { 8 * $0 }
      let tensor = Tensor(x, shape: [2, 3, 11])
      var expected: [Double] = []
      for row in 0..<6 {
        let powers = x[(11 * row)..<(11 * row + 11)].map { Foundation.exp(Double($0)) }
        expected += powers.map { $0 / powers.reduce(0, +) }
      }
      let (shares, logarithms) = (softmax(tensor), logSoftmax(tensor))
      #expect(shares.shape == [2, 3, 11] && logarithms.shape == [2, 3, 11])
      let ratios = zip(shares.elements, expected).map { Double($0) / $1 }
      // x − max x rounds an argument of up to 16, and the exponential multiplies this error.
      expectClose(
        ratios, [Double](repeating: 1, count: 66), Tolerance(S.self, length: 16, scale: 1))
      expectClose(
        logarithms.elements.map { Double($0) }, expected.map { Foundation.log($0) },
        Tolerance(S.self, length: 2, scale: 16))
    }
  }

  @Test func `does not change when a row is shifted, however far`() {
    let x = Tensor<Double>(rows: [[1, 2, 3], [1001, 1002, 1003], [-2047, -2046, -2045]])
    let shares = softmax(x)
    #expect(shares.isFinite && logSoftmax(x).isFinite)
    #expect(shares.select(0) == shares.select(1) && shares.select(0) == shares.select(2))
    expectClose(
      shares.sum(axis: 1).elements, [1, 1, 1], Tolerance(Double.self, length: 3, scale: 1))
  }
}
