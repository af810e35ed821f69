public import BackflowKernels
public import BackflowLinearAlgebra

/// Layers prepared for serving in which each row of the output depends on the same row of the input
/// alone, such as `Dense` and activations.
///
/// The rows are divided among the threads once for all layers, and each thread takes a few rows
/// through all of them at a time, so that what is between the layers stays in its cache.
///
/// Shapes: x [..., I], y [..., O]; leading axes are rows. Cost: that of the layers. Memory: the
/// output, and for each thread what is between the layers for a few rows: up to 256 KB a layer, or
/// 16 rows if they are larger.
public struct PreparedRows<Scalar: RealScalar>: PreparedLayer {
  private let stages: [RowStage<Scalar>]
  /// The most columns between two stages, at least 1.
  private let widest: Int

  /// The stages of which consecutive ones are one where possible.
  init(_ stages: [RowStage<Scalar>]) {
    var merged: [RowStage<Scalar>] = []
    for stage in stages {
      if let last = merged.last, let both = last.merged(with: stage) {
        merged[merged.count - 1] = both
      } else {
        merged.append(stage)
      }
    }
    self.stages = merged
    widest = merged.dropLast().compactMap(\.outputSize).reduce(1, max)
  }

  /// A function of each element, or of each row, that may work in place.
  init(_ map: @escaping RowMap<Scalar>) { self.init([RowStage(map)]) }

  /// Returns both, one after the other.
  func followed(by next: PreparedRows) -> PreparedRows { PreparedRows(stages + next.stages) }

  /// Returns the output in evaluation mode.
  ///
  /// - Precondition: The last axis of x fits the first layer.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    if stages.isEmpty { return input }
    var shape = input.shape
    do throws(RequestError) {
      shape = try shapeAfterStages(shape)
    } catch {
      stop("\(error)")
    }
    var output = Tensor<Scalar>(uninitialized: shape)
    if output.isEmpty { return output }
    let (rows, columns) = (input.shape.rowCount, input.shape.last ?? 1)
    if input.isEmpty && columns > 0 { return output }
    let y = output.rowsView(rows)
    let work = stages.reduce(0) { $0 + $1.work(columns: max(columns, widest)) }
    Threads.split(rows, grain: Threads.grain(work: work)) { part in
      let rowsAtATime = max(16, 65_536 / widest)
      for start in stride(from: part.lowerBound, to: part.upperBound, by: rowsAtATime) {
        let rows = start..<min(start + rowsAtATime, part.upperBound)
        run(0, input.storage.rows(rows, columns: columns), into: y[TimeStep(0, rows)])
      }
    }
    return output
  }

  /// Runs the stages from stage k on.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func run(
    _ k: Int, _ x: RowsView<Scalar>, into y: MutableRowsView<Scalar>
  ) {
    let stage = stages[k]
    if k == stages.count - 1 { return stage.run(x, into: y) }
    let columns = stage.outputSize ?? x.columns
    var between = Buffer<Scalar>(uninitialized: x.rows * columns)
    stage.run(x, into: between.mutableRows(x.rows, columns: columns))
    run(k + 1, between.rows(0..<x.rows, columns: columns), into: y)
  }

  private func shapeAfterStages(_ input: Shape) throws(RequestError) -> Shape {
    var shape = input
    for stage in stages { shape = try stage.outputShape(for: shape) }
    return shape
  }

  /// Returns the shape of the output.
  ///
  /// - Throws: `RequestError` if the last axis does not fit a layer.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try shapeAfterStages(input)
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
