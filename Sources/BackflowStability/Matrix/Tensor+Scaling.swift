internal import BackflowLinearAlgebra

extension Tensor<Double> {
  /// Returns this tensor times 2^−exponent, with the exponent chosen so that products and squares
  /// of its elements are in the range of a double. The exponent is 0 unless the elements are
  /// extreme, and if an element is not finite or all are 0.
  func scaledIntoRange() -> (scaled: Tensor, exponent: Int) {
    let largest = maxMagnitude()
    guard largest > 0, largest.isFinite, !(0x1p-400...0x1p400).contains(largest) else {
      return (self, 0)
    }
    // 2^1022 is the largest power whose inverse is a normal number.
    let exponent = Swift.max(-1022, Int(largest.exponent))
    return (self * Double(sign: .plus, exponent: -exponent, significand: 1), exponent)
  }
}
