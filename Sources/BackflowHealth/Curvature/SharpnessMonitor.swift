internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// Measures the sharpness of a loss during training, and compares it with the longest stable step
/// of the optimizer.
///
///     var sharpness = SharpnessMonitor<Sequential<Float>>()
///     …
///     health.add(try sharpness.observe(step, reader, optimizer) { reader in
///       let (logits, cache) = reader.forward(batch.rowsAsSequence)
///       let (loss, top) = softmaxCrossEntropy(logits, batch.labels)
///       return (loss, reader.backward(top, cache).gradients)
///     })
///
/// The closure computes a function of the parameters: always the same batch, and in training mode
/// the same seed. Lanczos iteration finds both ends of the spectrum from products with the Hessian,
/// two gradients each, and starts from the eigenvector of the last measurement. In double
/// precision, the products have about nine correct digits; in single precision, about four. A
/// measurement in double precision during a training in single precision takes a copy of the model
/// (`copyParameters(from:)`) and the same optimizer.
public struct SharpnessMonitor<Model: Parameterized>: Sendable {
  /// The number of training steps from one observation to the next.
  public let interval: Int
  /// The residual of λ_max, relative to the largest eigenvalue in magnitude, that ends an
  /// iteration.
  public let tolerance: Double
  /// The largest number of products with the Hessian for one measurement.
  public let maximumProducts: Int
  /// The limits of the rules.
  public let thresholds: Thresholds
  /// The last measurement.
  public private(set) var latest: Sharpness?
  private var direction: Tensor<Double>?

  /// A monitor that observes steps 0, `interval`, 2·`interval`, …
  ///
  /// - Precondition: The interval and the number of products are at least 1, the tolerance is
  ///   positive and finite.
  public init(
    every interval: Int = 100, tolerance: Double = 1e-3, maximumProducts: Int = 60,
    thresholds: Thresholds = Thresholds()
  ) {
    require(interval >= 1, "SharpnessMonitor: the interval must be at least 1, got \(interval)")
    require(
      maximumProducts >= 1,
      "SharpnessMonitor: at least 1 product is needed, got \(maximumProducts)")
    SettingRange.positive.check(tolerance, "the tolerance", of: "SharpnessMonitor")
    thresholds.check()
    (self.interval, self.tolerance) = (interval, tolerance)
    (self.maximumProducts, self.thresholds) = (maximumProducts, thresholds)
  }

  /// Whether this step is observed.
  public func isDue(_ step: Int) -> Bool { step % interval == 0 }

  /// Measures the sharpness, if the step is due.
  ///
  /// - Parameters:
  ///   - step: The number of the training step.
  ///   - model: The model.
  ///   - optimizer: The optimizer, for either precision of the same model.
  ///   - gradient: The loss and its gradients for a model.
  /// - Returns: A finding if the step is longer than the longest stable one.
  /// - Throws: `SharpnessError` if a parameter or a gradient is not finite.
  public mutating func observe(
    _ step: Int, _ model: Model, _ optimizer: some Optimizer,
    gradient: @escaping (Model) -> (loss: Model.Scalar, gradients: Model)
  ) throws(SharpnessError) -> [Finding] {
    guard isDue(step) else { return [] }
    return try measure(model, optimizer, gradient: gradient).findings(step: step, thresholds)
  }

  /// Measures the sharpness of the preconditioned Hessian of an optimizer, and its limit. For an
  /// optimizer whose limit is unknown, it is that of the Hessian.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - optimizer: The optimizer, for either precision of the same model.
  ///   - gradient: The loss and its gradients for a model.
  /// - Throws: `SharpnessError` if a parameter or a gradient is not finite.
  public mutating func measure(
    _ model: Model, _ optimizer: some Optimizer,
    gradient: @escaping (Model) -> (loss: Model.Scalar, gradients: Model)
  ) throws(SharpnessError) -> Sharpness {
    guard let limit = optimizer.curvatureLimit else {
      return try measure(model, gradient: gradient)
    }
    let preconditioner = limit.preconditioner.map { $0.map { Tensor<Double>($0) } }
    return try measure(
      HessianProduct(model, preconditioner: preconditioner, penalty: limit.penalty, gradient),
      Sharpness.Step(
        learningRate: optimizer.learningRate,
        limit: min(limit.limit, .greatestFiniteMagnitude),
        formula: limit.formula, isPreconditioned: preconditioner != nil))
  }

  /// Measures the sharpness of the Hessian.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - gradient: The loss and its gradients for a model.
  /// - Throws: `SharpnessError` if a parameter or a gradient is not finite.
  public mutating func measure(
    _ model: Model, gradient: @escaping (Model) -> (loss: Model.Scalar, gradients: Model)
  ) throws(SharpnessError) -> Sharpness {
    try measure(HessianProduct(model, preconditioner: nil, penalty: 0, gradient), nil)
  }

  private mutating func measure(
    _ hessian: HessianProduct<Model>, _ step: Sharpness.Step?
  ) throws(SharpnessError) -> Sharpness {
    var hessian = hessian
    let loss = try hessian.atPoint().loss
    let (basis, ends, isConverged) = try iterate(&hessian)
    let top = basis.vector(of: ends.largest)
    let result = Sharpness(
      largest: try hessian.eigenvalue(of: top),
      smallest: try hessian.eigenvalue(of: basis.vector(of: ends.smallest)), loss: loss, step: step,
      isConverged: isConverged, evaluations: hessian.evaluations)
    (direction, latest) = (top, result)
    return result
  }

  /// How often the residual has to be below the tolerance again after the first time.
  ///
  /// A start that is nearly an eigenvector converges to it before the iteration has seen an
  /// eigenvalue above it, and so does one in an invariant space. Each further product multiplies
  /// the component along a larger eigenvalue. This many find one that is larger by a tenth, from
  /// the component that a random vector has, 1/√n, unless other eigenvalues crowd below it.
  private static var confirmingProducts: Int { 8 }

  private func iterate(
    _ hessian: inout HessianProduct<Model>
  ) throws(SharpnessError) -> (LanczosBasis, LanczosBasis.Ends, isConverged: Bool) {
    var basis = LanczosBasis(from: start(hessian.order), using: RandomSource(seed: 1))
    var converged = 0
    while true {
      if let next = basis.next { basis.append(product: try hessian.multiply(next)) }
      let ends: LanczosBasis.Ends
      do { ends = try basis.ends() } catch { throw .linearAlgebra(error) }
      converged = ends.isConverged(tolerance) ? converged + 1 : 0
      let isDone = basis.next == nil || converged > Self.confirmingProducts
      if isDone || basis.count >= maximumProducts { return (basis, ends, isDone) }
    }
  }

  /// Returns the last eigenvector with a random part, or a random vector, [n]. Without that part,
  /// the iteration could not find an eigenvalue that has overtaken the last one.
  private func start(_ order: Int) -> Tensor<Double> {
    var random = RandomSource(seed: UInt64(order))
    let draw: Tensor<Double> = random.normal([order])
    guard let direction, direction.count == order else { return draw }
    return direction + draw * (0.1 / draw.norm())
  }
}

extension HessianProduct {
  /// Returns the Rayleigh quotient of a unit vector, [n], with its errors.
  fileprivate mutating func eigenvalue(
    of v: Tensor<Double>
  ) throws(SharpnessError) -> Sharpness.Eigenvalue {
    let product = try multiply(v)
    let λ = dot(v, product)
    return Sharpness.Eigenvalue(
      value: λ, residual: (product - λ * v).norm(),
      differenceError: (product - (try multiply(v, stretch: 2))).norm())
  }
}
