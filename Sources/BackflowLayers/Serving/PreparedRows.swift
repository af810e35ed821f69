public import BackflowKernels
public import BackflowLinearAlgebra

/// Layers prepared for serving in which each row of the output depends on the same row of the input
/// alone, such as `Dense` and activations.
///
/// The rows are divided among the threads once for all layers, and each thread takes a few rows
/// through all of them at a time, so that what is between the layers stays in its cache.
///
/// Shapes: x [..., I], y [..., O]; leading axes are rows. Cost: that of the layers. Memory: the
/// output, and at most 1 MB for each thread.
public struct PreparedRows<Scalar: RealScalar>: PreparedLayer {
  let stages: [any RowStage<Scalar>]

  init(_ stages: [any RowStage<Scalar>]) { self.stages = stages }

  /// A function of each element, or of each row of `inputSize` columns.
  init(
    _ name: String, inputSize: Int? = nil,
    _ kernel:
      @escaping @Sendable (
        Span<Scalar>, _ columns: Int, consuming MutableSpan<Scalar>
      ) -> Void
  ) { stages = [RowMap(name: name, inputSize: inputSize, kernel: kernel)] }

  /// Returns the output in evaluation mode.
  ///
  /// - Precondition: The last axis of x fits the first layer.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    if stages.isEmpty { return input }
    let widths = widths(from: input.shape)
    let rows = input.shape.elementCount / max(1, widths[0])
    var output = Tensor<Scalar>(
      uninitialized: input.rank == 0
        ? input.shape : input.shape.replacing(axis: input.rank - 1, with: widths[stages.count]))
    if output.isEmpty || rows == 0 { return output }
    let x = SequenceView(input.storage, time: 1, batch: rows, features: widths[0])
    let y = output.rowsView(rows)
    let work = zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    Threads.split(rows, grain: 300_000 / max(1, work)) { part in
      run(part, widths, x, y)
    }
    return output
  }

  /// Runs all stages for some of the rows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func run(
    _ part: Range<Int>, _ widths: [Int], _ x: SequenceView<Scalar>,
    _ y: MutableSequenceView<Scalar>
  ) {
    // 32 KB to 256 KB for each stage, which leaves room for weights in a cache of 1 MB.
    let widest = widths.dropFirst().dropLast().max() ?? 1
    let rowsAtATime = min(part.count, max(16, 65_536 / max(1, widest)))
    var (sources, targets) = ([x], [MutableSequenceView<Scalar>]())
    for width in widths.dropFirst().dropLast() {
      var between = Tensor<Scalar>(uninitialized: [rowsAtATime, width])
      targets.append(between.rowsView(rowsAtATime))
      sources.append(
        SequenceView(between.storage, time: 1, batch: rowsAtATime, features: width))
    }
    targets.append(y)
    for start in stride(from: part.lowerBound, to: part.upperBound, by: rowsAtATime) {
      let rows = start..<min(start + rowsAtATime, part.upperBound)
      let (all, here) = (TimeStep(0, rows), TimeStep(0, 0..<rows.count))
      for k in stages.indices {
        let (source, target) = (sources[k], targets[k])
        stages[k].run(
          source[k == 0 ? all : here], into: target[k == stages.count - 1 ? all : here])
      }
    }
  }

  /// The numbers of columns before, between and after the stages.
  private func widths(from input: Shape) -> [Int] {
    var widths = [input.last ?? 1]
    for stage in stages {
      let width = widths[widths.count - 1]
      require(
        stage.inputSize == nil || input.rank > 0 && stage.inputSize == width,
        "\(stage.name): input \(input.dropLast() + [width]) instead of"
          + " [..., \(stage.inputSize ?? 0)]")
      widths.append(stage.outputSize ?? width)
    }
    return widths
  }

  /// Returns the shape of the output.
  ///
  /// - Throws: `RequestError` if the last axis does not fit a layer.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    var shape = input
    for stage in stages {
      if let size = stage.inputSize, shape.last != size {
        throw .shape(layer: stage.name, found: shape, expected: "[..., \(size)]")
      }
      if let size = stage.outputSize { shape = shape.replacing(axis: shape.rank - 1, with: size) }
    }
    return shape
  }
}

extension ParameterlessLayer where Prepared == PreparedRows<Scalar> {
  /// Returns the shape of the input.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? { input }
}

extension Tensor {
  /// Returns a view of this tensor as `rows` rows for writing.
  fileprivate mutating func rowsView(_ rows: Int) -> MutableSequenceView<Scalar> {
    MutableSequenceView(&storage, time: 1, batch: rows, features: count / rows)
  }
}
