public import BackflowKernels
public import BackflowLinearAlgebra

/// Records the backward pass of the parts of a container.
///
/// A container passes its tracer to its parts, with the names that its parameters have:
///
///     func backward(
///       _ outputGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
///     ) -> (inputGradient: Tensor<Float>, gradients: Self) {
///       let (hidden, headGradients) = tracer.backward(head, "head", outputGradient, cache.head)
///       let (input, trunkGradients) = tracer.backward(trunk, "trunk", hidden, cache.trunk)
///       return (input, Model(trunk: trunkGradients, head: headGradients))
///     }
///
///     func backward(
///       _ outputGradient: Tensor<Float>, _ cache: Cache
///     ) -> (inputGradient: Tensor<Float>, gradients: Self) {
///       var tracer = BackwardTracer<Float>.off
///       return backward(outputGradient, cache, &tracer)
///     }
public struct BackwardTracer<Scalar: RealScalar>: Sendable {
  /// Whether the tracer records anything. If not, it only forwards calls and keeps no tensors
  /// alive.
  public let isOn: Bool
  private let path: String
  /// The traces of the parts, from the last to the first.
  private var parts: [LayerTrace<Scalar>] = []
  private var cells: [CellTrace<Scalar>] = []
  /// The rows of a summary, from the last to the first, if that is what is recorded.
  private var rows: [ModelSummary.Row]?

  private init(isOn: Bool, path: String) { (self.isOn, self.path) = (isOn, path) }

  /// A tracer that records nothing.
  public static var off: BackwardTracer { BackwardTracer(isOn: false, path: "") }

  /// Returns the results of the backward pass of a part. The tracer does not change their bits.
  ///
  /// - Parameters:
  ///   - part: The layer. A container calls this method in the order of the backward pass.
  ///   - name: The name with which the container visits the part's parameters.
  ///   - outputGradient: ȳ of the part.
  ///   - cache: The cache of the part's forward pass.
  /// - Returns: x̄ of the part, and the gradients of its parameters.
  public mutating func backward<Part: Layer<Scalar>>(
    _ part: Part, _ name: String, _ outputGradient: Tensor<Scalar>, _ cache: Part.Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Part) {
    guard isOn else { return part.backward(outputGradient, cache) }
    if rows != nil { return summarize(part, inside(name), outputGradient, cache) }
    let (inputGradient, gradients, trace) = Self.trace(part, inside(name), outputGradient, cache)
    add(trace)
    return (inputGradient, gradients)
  }

  /// Returns the results of the backward pass of the layer at `path`, and its trace.
  static func trace<L: Layer<Scalar>>(
    _ layer: L, _ path: String, _ outputGradient: Tensor<Scalar>, _ cache: L.Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: L, trace: LayerTrace<Scalar>) {
    var inner = BackwardTracer(isOn: true, path: path)
    let (inputGradient, gradients) = layer.backward(outputGradient, cache, &inner)
    let trace = LayerTrace(
      layer, path, outputGradient, cache, inputGradient: inputGradient, cells: inner.cells,
      parts: inner.forwardParts())
    return (inputGradient, gradients, trace)
  }

  /// Returns the rows of a summary of `layer`, from the pass to which the cache belongs.
  static func summarize<L: Layer<Scalar>>(
    _ layer: L, _ outputGradient: Tensor<Scalar>, _ cache: L.Cache
  ) -> [ModelSummary.Row] {
    var tracer = BackwardTracer(isOn: true, path: "")
    tracer.rows = []
    _ = tracer.summarize(layer, "", outputGradient, cache)
    return tracer.rows?.reversed() ?? []
  }

  private mutating func summarize<Part: Layer<Scalar>>(
    _ part: Part, _ path: String, _ outputGradient: Tensor<Scalar>, _ cache: Part.Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Part) {
    var inner = BackwardTracer(isOn: true, path: path)
    inner.rows = []
    let (inputGradient, gradients) = part.backward(outputGradient, cache, &inner)
    let parts = inner.rows ?? []
    rows? += parts
    rows?.append(
      ModelSummary.Row(
        part, path, output: outputGradient.shape, input: inputGradient.shape,
        isContainer: !parts.isEmpty))
    return (inputGradient, gradients)
  }

  /// The traces of the parts in forward order.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func forwardParts() -> [LayerTrace<Scalar>] {
    parts.count < 2 ? parts : Array(parts.reversed())
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private mutating func add(_ trace: LayerTrace<Scalar>) { parts.append(trace) }

  /// Records the cells of a recurrent network.
  mutating func record(_ cells: [CellTrace<Scalar>]) { self.cells += cells }

  /// Returns the path of the part with this name.
  func inside(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
}

extension Layer {
  /// Returns the gradients of `backward`, and a trace of all parts of this layer, for observers
  /// such as `HealthMonitor`.
  ///
  /// - Complexity: That of `backward`. The trace keeps all gradients between layers alive.
  public func tracedBackward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Self, trace: LayerTrace<Scalar>) {
    BackwardTracer.trace(self, "", outputGradient, cache)
  }
}
