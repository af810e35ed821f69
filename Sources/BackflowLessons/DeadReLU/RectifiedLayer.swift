package import Backflow

/// The passes of a fully connected layer of rectified units without a bias, as in the essay.
///
/// Shapes: x [N, I], W [O, I], z [N, O].
package enum RectifiedLayer {
  /// Computes z = max(W x, 0) for each row of x.
  package static func forward(_ x: Tensor<Double>, _ w: Tensor<Double>) -> Tensor<Double> {
    relu(matmul(x, w.transposed))
  }

  /// Computes the gradients with respect to x and W. A unit that is 0 for every row of x has a row
  /// of zeros in that of W: it is dead.
  package static func backward(
    _ zGradient: Tensor<Double>, _ z: Tensor<Double>, _ x: Tensor<Double>, _ w: Tensor<Double>
  ) -> (x: Tensor<Double>, w: Tensor<Double>) {
    let isActive = Tensor(z.elements.map { $0 > 0 ? 1.0 : 0 }, shape: z.shape)
    let sumGradient = zGradient * isActive
    return (matmul(sumGradient, w), matmul(sumGradient.transposed, x))
  }
}
