public import BackflowKernels
public import BackflowLinearAlgebra

/// A `Sequential` that is prepared for serving. Consecutive layers that work row by row are one
/// `PreparedRows`.
public struct PreparedSequential<Scalar: RealScalar>: PreparedLayer {
  private let parts: [any PreparedLayer<Scalar>]

  init(_ layers: [any Layer<Scalar>]) {
    var parts: [any PreparedLayer<Scalar>] = []
    for layer in layers {
      let part: any PreparedLayer<Scalar> = prepare(layer)
      if let rows = part as? PreparedRows<Scalar>,
        let before = parts.last as? PreparedRows<Scalar>
      {
        parts[parts.count - 1] = before.followed(by: rows)
      } else {
        parts.append(part)
      }
    }
    self.parts = parts
  }

  /// Returns the output in evaluation mode.
  ///
  /// - Precondition: The input has a shape that fits the first layer.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> {
    var x = input
    for part in parts { x = part(x) }
    return x
  }

  /// Returns the shape of the output, or `nil` if a layer does not say it.
  ///
  /// - Throws: `RequestError` if the input does not fit a layer, which the error names.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    var shape = input
    for part in parts {
      guard let next = try part.outputShape(for: shape) else { return nil }
      shape = next
    }
    return shape
  }

  /// Checks what the first layer checks.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    guard let first = parts.first else { return try request.requireFiniteRequest() }
    try first.checkElements(of: request)
  }
}

private func prepare<L: Layer>(_ layer: L) -> any PreparedLayer<L.Scalar> { layer.prepared() }
