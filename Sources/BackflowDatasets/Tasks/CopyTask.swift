public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The copy task: symbols have to be repeated after a long pause.
///
/// There are S symbols, a blank and a delimiter, with the numbers 0 ..< S, S and S + 1. A sequence
/// has K random symbols, T − 1 blanks, the delimiter, and K blanks. The target has T + K blanks and
/// then the K symbols in the same order:
///
///     input   3 1 4 _ _ _ _ : _ _ _
///     target  _ _ _ _ _ _ _ _ 3 1 4          K = 3, T = 5
///
/// Arjovsky, Shah and Bengio, "Unitary evolution recurrent neural networks", ICML 2016, section
/// 5.1, with K = 10 and S = 8, after Hochreiter and Schmidhuber, Neural Computation 9, 1997.
public struct CopyTask: Sendable, Equatable {
  /// The inputs, [T + 2K, B] in row-major order.
  public let inputs: [Int]
  /// The targets, [T + 2K, B] in row-major order, as labels of `softmaxCrossEntropy`.
  public let targets: [Int]
  /// [T + 2K, B]
  public let shape: Shape
  /// S, the number of symbols.
  public let symbolCount: Int
  private let length, delay: Int

  /// Draws B = `batch` sequences.
  ///
  /// - Parameters:
  ///   - delay: T, the number of steps from the end of the symbols to the delimiter.
  ///   - batch: B.
  ///   - length: K, the number of symbols of a sequence.
  ///   - symbolCount: S, the number of different symbols.
  ///   - random: The source of the symbols.
  /// - Precondition: T, K and S are positive, and B is not negative.
  /// - Complexity: O((T + 2K) × B)
  public init(
    delay: Int, batch: Int, length: Int = 10, symbolCount: Int = 8,
    using random: inout RandomSource
  ) {
    require(
      delay > 0 && batch >= 0 && length > 0 && symbolCount > 0,
      "CopyTask: \(batch) sequences of \(length) symbols of \(symbolCount) with a delay of \(delay)"
    )
    let (blank, delimiter) = (symbolCount, symbolCount + 1)
    let steps = delay + 2 * length
    var inputs = [Int](repeating: blank, count: steps * batch)
    var targets = inputs
    for sample in 0..<batch {
      for place in 0..<length {
        let symbol = random.integer(below: symbolCount)
        inputs[place * batch + sample] = symbol
        targets[(delay + length + place) * batch + sample] = symbol
      }
      inputs[(length + delay - 1) * batch + sample] = delimiter
    }
    (self.inputs, self.targets, shape) = (inputs, targets, [steps, batch])
    (self.symbolCount, self.length, self.delay) = (symbolCount, length, delay)
  }

  /// S + 2, the number of different inputs, and so of classes.
  public var classCount: Int { symbolCount + 2 }

  /// The cross-entropy per step, in nats, of a network without memory, which knows when to answer
  /// but guesses the symbols: K ln S/(T + 2K).
  public var baselineLoss: Double {
    Double(length) * Double.log(Double(symbolCount)) / Double(delay + 2 * length)
  }

  /// The inputs as one-hot vectors, [T + 2K, B, S + 2].
  public func oneHotInputs<Scalar: RealScalar>(
    as _: Scalar.Type = Scalar.self
  ) -> Tensor<Scalar> {
    let table = Tensor<Scalar>.identity(classCount)
    return table.selectRows(inputs).reshaped(to: [shape[0], shape[1], classCount])
  }
}
