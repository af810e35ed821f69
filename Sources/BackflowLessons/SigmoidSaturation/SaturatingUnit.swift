package import Backflow

/// A nonlinearity φ that saturates, and the passes of a fully connected layer of it without a bias,
/// as in the essay: the backward pass needs only the output z.
///
/// Shapes: x [N, I], W [O, I], z [N, O].
package enum SaturatingUnit: String, Sendable, CaseIterable {
  case sigmoid, tanh

  /// Computes z = φ(W x) for each row of x.
  package func forward(_ x: Tensor<Double>, _ w: Tensor<Double>) -> Tensor<Double> {
    output(at: matmul(x, w.transposed))
  }

  /// Computes the gradients with respect to x and W.
  package func backward(
    _ zGradient: Tensor<Double>, _ z: Tensor<Double>, _ x: Tensor<Double>, _ w: Tensor<Double>
  ) -> (x: Tensor<Double>, w: Tensor<Double>) {
    let sumGradient = zGradient * slope(where: z)
    return (matmul(sumGradient, w), matmul(sumGradient.transposed, x))
  }

  /// Returns z = φ(a).
  package func output(at a: Tensor<Double>) -> Tensor<Double> {
    switch self {
    case .sigmoid: Backflow.sigmoid(a)
    case .tanh: Backflow.tanh(a)
    }
  }

  /// Returns φ′(a), the local gradient, where the output is z.
  package func slope(where z: Tensor<Double>) -> Tensor<Double> {
    switch self {
    case .sigmoid: z * (1 - z)
    case .tanh: 1 - z * z
    }
  }
}

extension SaturatingUnit {
  /// The largest local gradient, that at a = 0.
  package var largestSlope: Double { self == .sigmoid ? 0.25 : 1 }

  /// The limits of the output.
  package var outputs: ClosedRange<Double> { self == .sigmoid ? 0...1 : -1...1 }

  /// The local gradient as a formula.
  var slopeFormula: String { self == .sigmoid ? "z(1 − z)" : "1 − z²" }

  /// The layer of a network.
  var layer: any Layer<Float> { self == .sigmoid ? Sigmoid<Float>() : Tanh<Float>() }

  /// The gain of Glorot's initialization that compensates for the mean local gradient: 1/φ′(0) for
  /// the sigmoid, and the common 5/3 for tanh.
  var gain: Double { self == .sigmoid ? 4 : 5.0 / 3 }

  /// Returns the fraction of outputs that are within 1.5 % of the distance between the limits.
  package func binaryShare(of outputs: [Double]) -> Double {
    let range = self.outputs
    let margin = 0.015 * (range.upperBound - range.lowerBound)
    let count = outputs.count {
      $0 > range.upperBound - margin || $0 < range.lowerBound + margin
    }
    return Double(count) / Double(max(1, outputs.count))
  }
}
