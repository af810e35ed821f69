public import BackflowKernels
public import BackflowLinearAlgebra

/// A precision to which weights are rounded.
public enum WeightPrecision: String, Sendable, Codable, CaseIterable {
  /// Integers −127 … 127 with one scale for each tensor, max |w|/127.
  case int8
  /// Integers −127 … 127 with one scale for each row, max |w|/127.
  case int8PerRow = "int8-per-row"
  /// IEEE 754 binary16: 11 significant bits, up to 65,504.
  case float16 = "f16"
  /// bfloat16: 8 significant bits, and the range of `Float`.
  case bfloat16 = "bf16"

  /// Returns a tensor with every element rounded to the nearest number of this precision; a tie
  /// goes to the even one. Numbers beyond the range become infinite, as in IEEE 754.
  ///
  /// The integers have a zero point of 0 and are multiplied by their scale again, which is in
  /// double precision. For integers the elements are finite. A tensor of rank 0 or 1 has one row.
  public func round(_ tensor: Tensor<Double>) -> Tensor<Double> {
    let elements = tensor.elements
    let rounded: [Double]
    switch self {
    case .int8: rounded = roundedToIntegers(elements[...])
    case .int8PerRow:
      let length = tensor.shape.rank > 1 ? elements.count / max(1, tensor.shape[0]) : elements.count
      rounded = stride(from: 0, to: elements.count, by: max(1, length)).flatMap {
        roundedToIntegers(elements[$0..<$0 + length])
      }
    case .float16:
      rounded = elements.map { roundedToBinary($0, bits: 11, leastExponent: -14, largest: 65504) }
    case .bfloat16:
      let largest = Double(Float(bitPattern: 0x7F7F_0000))
      rounded = elements.map { roundedToBinary($0, bits: 8, leastExponent: -126, largest: largest) }
    }
    return Tensor(rounded, shape: tensor.shape)
  }
}

/// Returns numbers rounded to −127 … 127 times max |w|/127.
private func roundedToIntegers(_ numbers: ArraySlice<Double>) -> [Double] {
  let largest = numbers.reduce(0) { max($0, $1.magnitude) }
  guard largest > 0 else { return Array(numbers) }
  let scale = largest / 127
  return numbers.map { min(max(($0 / scale).rounded(.toNearestOrEven), -127), 127) * scale }
}

/// Returns a number rounded to a binary format with this number of significant bits, exponent of
/// the least normal number, and largest finite number. The products with a power of two are exact.
private func roundedToBinary(
  _ number: Double, bits: Int, leastExponent: Int, largest: Double
) -> Double {
  guard number.isFinite, number != 0 else { return number }
  let exponent = max(Int(number.exponent), leastExponent) - (bits - 1)
  let unit = Double(sign: .plus, exponent: exponent, significand: 1)
  let result = (number / unit).rounded(.toNearestOrEven) * unit
  return result.magnitude > largest ? result * .infinity : result
}
