public import BackflowKernels
public import BackflowLinearAlgebra

extension Digits {
  /// The images as sequences of pixels, row by row from the top left, one pixel for each time step:
  /// [64 steps, samples, 1 feature].
  ///
  /// Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified linear
  /// units", 2015, with smaller images.
  ///
  /// - Parameter order: The pixel of each step, or `nil` for 0 ..< 64. One random order for all
  ///   images, such as `random.permutation(64)`, makes the task harder, because neighbors are then
  ///   far apart.
  /// - Precondition: The order is a permutation of 0 ..< 64.
  public func pixelsAsSequence(in order: [Int]? = nil) -> Tensor<Float> {
    let pixels = images.reshaped(to: [labels.count, 64]).permuted([1, 0])
    let sequence: Tensor<Float>
    if let order {
      require(
        order.sorted() == Array(0..<64), "Digits: \(order) is not a permutation of the 64 pixels")
      sequence = pixels.selectRows(order)
    } else {
      sequence = pixels
    }
    return sequence.reshaped(to: [64, labels.count, 1])
  }
}
