internal import BackflowKernels
public import BackflowLinearAlgebra

/// Windows of one long sequence that is read by B streams in parallel, for truncated
/// backpropagation through time (Williams and Peng, Neural Computation 2, 1990).
///
/// The sequence is divided into B streams of equal length L. Window k has the steps k·T ..< (k+1)·T
/// of each stream, so that it continues where window k − 1 has ended, and a recurrent network
/// carries its state from one to the next:
///
///     let windows = StreamWindows(count: tokens.count, batch: 32, steps: 64)
///     var state: [LSTMState<Float>]? = nil
///     for window in windows {
///       let (x, embedded) = embedding.forward(window.inputs(of: tokens), shape: window.shape)
///       let (y, last, cache) = network.forward(x, initialState: state)
///       state = last
///       … softmaxCrossEntropy(logits, window.targets(of: tokens))
///     }
///
/// The target of a step is the element that comes `shift` steps later. Stream b begins at element
/// `offset` + b·L, where L = ⌊(count − offset − shift)/B⌋, so that all targets exist. Up to B − 1
/// elements at the end belong to no stream.
public struct StreamWindows: RandomAccessCollection, Sendable, Equatable {
  /// B, the number of streams.
  public let batch: Int
  /// T, the number of steps of a window.
  public let steps: Int
  /// How many steps the target is ahead of the input.
  public let shift: Int
  /// The element with which the first stream begins.
  public let offset: Int
  /// L, the number of steps of a stream.
  public let streamLength: Int
  /// The number of windows.
  public let endIndex: Int

  /// - Parameters:
  ///   - count: The number of elements of the sequence.
  ///   - batch: B.
  ///   - steps: T.
  ///   - shift: How many steps the target is ahead of the input.
  ///   - offset: The element with which the first stream begins. With another one for each epoch,
  ///     windows have other boundaries.
  ///   - dropsLast: Whether a last window with fewer steps is left out.
  /// - Precondition: B and T are positive, and the others are not negative.
  public init(
    count: Int, batch: Int, steps: Int, shift: Int = 1, offset: Int = 0, dropsLast: Bool = false
  ) {
    require(
      batch > 0 && steps > 0 && count >= 0 && shift >= 0 && offset >= 0,
      "StreamWindows: \(batch) streams with windows of \(steps) steps of a sequence of \(count)"
        + " with offset \(offset) and targets \(shift) steps ahead")
    (self.batch, self.steps, self.shift, self.offset) = (batch, steps, shift, offset)
    streamLength = Swift.max(count - offset - shift, 0) / batch
    endIndex = streamLength / steps + (dropsLast || streamLength % steps == 0 ? 0 : 1)
  }

  /// 0
  public var startIndex: Int { 0 }

  /// The window with this number.
  ///
  /// - Precondition: The window exists.
  public subscript(window: Int) -> StreamWindow {
    require(indices.contains(window), "StreamWindows: window \(window) of \(count)")
    let start = window * steps
    return StreamWindow(
      steps: start..<start + Swift.min(steps, streamLength - start), windows: self)
  }
}

/// One window of all streams: which elements of the sequence are its inputs and its targets.
public struct StreamWindow: Sendable, Equatable {
  /// The steps of each stream that the window has.
  public let steps: Range<Int>
  private let windows: StreamWindows

  init(steps: Range<Int>, windows: StreamWindows) { (self.steps, self.windows) = (steps, windows) }

  /// [T, B]
  public var shape: Shape { [steps.count, windows.batch] }

  /// The elements of the sequence that are the inputs, [T, B] in row-major order.
  public var inputPositions: [Int] { positions(shiftedBy: 0) }

  /// The elements of the sequence that are the targets, [T, B] in row-major order.
  public var targetPositions: [Int] { positions(shiftedBy: windows.shift) }

  private func positions(shiftedBy shift: Int) -> [Int] {
    var positions: [Int] = []
    positions.reserveCapacity(steps.count * windows.batch)
    for step in steps {
      for stream in 0..<windows.batch {
        positions.append(windows.offset + stream * windows.streamLength + step + shift)
      }
    }
    return positions
  }

  /// Returns the inputs from a sequence of tokens, [T, B] in row-major order.
  ///
  /// - Precondition: The sequence has the number of elements of the windows.
  public func inputs(of tokens: [Int]) -> [Int] { inputPositions.map { tokens[$0] } }

  /// Returns the targets from a sequence of tokens, [T, B] in row-major order.
  ///
  /// - Precondition: The sequence has the number of elements of the windows.
  public func targets(of tokens: [Int]) -> [Int] { targetPositions.map { tokens[$0] } }

  /// Returns the inputs from a series of feature vectors, [count, I], as [T, B, I].
  ///
  /// - Precondition: The series has the number of elements of the windows.
  public func inputs<Scalar>(of series: Tensor<Scalar>) -> Tensor<Scalar> {
    rows(series, inputPositions)
  }

  /// Returns the targets from a series of feature vectors, [count, I], as [T, B, I].
  ///
  /// - Precondition: The series has the number of elements of the windows.
  public func targets<Scalar>(of series: Tensor<Scalar>) -> Tensor<Scalar> {
    rows(series, targetPositions)
  }

  private func rows<Scalar>(_ series: Tensor<Scalar>, _ positions: [Int]) -> Tensor<Scalar> {
    require(series.rank == 2, "StreamWindow: a series of shape \(series.shape) instead of [N, I]")
    return series.selectRows(positions)
      .reshaped(to: [steps.count, windows.batch, series.shape[1]])
  }
}
