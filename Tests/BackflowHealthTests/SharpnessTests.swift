import Backflow
import TestSupport
import Testing

@Suite struct `The sharpness of a loss` {
  /// A monitor that iterates to the accuracy of the differences.
  private func exact() -> SharpnessMonitor<Model<Double>> {
    SharpnessMonitor(tolerance: 1e-10, maximumProducts: 200)
  }

  /// ½ θᵀ A θ, with the eigenvalues of A and random orthonormal eigenvectors.
  private func quadratic(
    _ eigenvalues: [Double], using random: inout RandomSource
  ) -> (Model<Double>) -> (loss: Double, gradients: Model<Double>) {
    let n = eigenvalues.count
    let q: Tensor<Double> = Initializer.orthogonal()([n, n], using: &random)
    let a = matmul(q * Tensor(eigenvalues), q.transposed)
    return { model in
      let product = matvec(a, model.tensors[0])
      return (dot(product, model.tensors[0]) / 2, Model(["θ": product]))
    }
  }

  @Test func `is the largest eigenvalue of a quadratic`() throws {
    var random = RandomSource(seed: 1)
    let eigenvalues = (0..<60).map { Double($0) - 20 } + [80]
    let loss = quadratic(eigenvalues, using: &random)
    var monitor = exact()
    let seen = try monitor.measure(Model(["θ": random.normal([61])]), gradient: loss)
    expectClose([seen.largest.value], [80], Tolerance(80e-9, scale: 80))
    #expect(abs(seen.smallest.value + 20) <= seen.smallest.uncertainty)
    #expect(seen.isConverged)
    #expect(seen.largest.residual < 80e-8)
    #expect(monitor.latest == seen)
  }

  @Test func `is bounded by its residual before the iteration has converged`() throws {
    var random = RandomSource(seed: 2)
    let eigenvalues = (0..<200).map { Double($0) / 10 }
    let loss = quadratic(eigenvalues, using: &random)
    let model = Model<Double>(["θ": random.normal([200])])
    for products in 1...12 {
      var monitor = SharpnessMonitor<Model<Double>>(tolerance: 1e-10, maximumProducts: products)
      let seen = try monitor.measure(model, gradient: loss)
      let distance = eigenvalues.map { abs($0 - seen.largest.value) }.min() ?? .nan
      #expect(distance <= seen.largest.uncertainty)
      #expect(!seen.isConverged)
      #expect(seen.evaluations == 1 + 2 * (products + 4))
    }
  }

  @Test func `is that of the closed form for logistic regression`() throws {
    // L = mean ln(1 + e^(−y xᵀw)), H = Xᵀ D X/n with D = σ(z)(1 − σ(z)).
    var random = RandomSource(seed: 3)
    let (n, features) = (50, 12)
    let x: Tensor<Double> = random.normal([n, features])
    let y = Tensor((0..<n).map { _ in random.integer(below: 2) == 0 ? -1.0 : 1 })
    let w: Tensor<Double> = random.normal([features])
    func probabilities(_ w: Tensor<Double>) -> [Double] {
      zip(matvec(x, w).elements, y.elements).map { 1 / (1 + Double.exp($0 * $1)) }
    }
    var monitor = exact()
    let seen = try monitor.measure(Model(["w": w])) { model in
      let p = probabilities(model.tensors[0])
      let slope = Tensor(zip(p, y.elements).map { -$0 * $1 / Double(n) })
      let loss = p.reduce(0) { $0 - Double.log(1 - $1) } / Double(n)
      return (loss, Model(["w": matvec(x.transposed, slope)]))
    }
    let d = Tensor(probabilities(w).map { $0 * (1 - $0) / Double(n) }, shape: [n, 1])
    let expected = try symmetricEigenvalues(of: matmul(x.transposed, d * x))
    let largest = expected[features - 1]
    expectClose([seen.largest.value], [largest], Tolerance(1e-9 * largest, scale: largest))
    #expect(abs(seen.smallest.value - expected[0]) <= seen.smallest.uncertainty)
  }

  @Test func `is zero for a linear loss, and that of a single parameter`() throws {
    var monitor = exact()
    let slope = Tensor<Double>([1, -2, 3])
    let linear = try monitor.measure(Model(["θ": Tensor([0.1, 0.2, 0.3])])) { model in
      (dot(slope, model.tensors[0]), Model(["θ": slope]))
    }
    #expect(linear.largest.value == 0 && linear.largest.residual == 0)
    #expect(linear.isConverged)

    // L = cos θ, at its maximum and elsewhere.
    for θ in [0, 0.5, -3.0] {
      var monitor = exact()
      let seen = try monitor.measure(Model(["θ": Tensor([θ])])) { model in
        (
          Double.cos(model.tensors[0].elements[0]),
          Model(["θ": Tensor([-Double.sin(model.tensors[0].elements[0])])])
        )
      }
      expectClose([seen.largest.value], [-Double.cos(θ)], Tolerance(1e-9, scale: 1))
      #expect(seen.largest == seen.smallest)
    }
  }

  @Test func `is found when another eigenvalue overtakes the last one`() throws {
    var monitor = SharpnessMonitor<Model<Double>>()
    var curvatures = Tensor((0..<30).map { Double($0) })
    let model = Model<Double>(["θ": .ones([30])])
    func measure() throws -> Double {
      let now = curvatures
      return try monitor.measure(model) {
        let gradient = now * $0.tensors[0]
        return (dot(gradient, $0.tensors[0]) / 2, Model(["θ": gradient]))
      }.largest.value
    }
    expectClose([try measure()], [29], Tolerance(0.03, scale: 29))
    let first = monitor.latest?.evaluations ?? 0
    expectClose([try measure()], [29], Tolerance(0.03, scale: 29))
    #expect(monitor.latest.map { $0.evaluations < first } == true)
    curvatures[3] = 50
    expectClose([try measure()], [50], Tolerance(0.05, scale: 50))
  }

  @Test func `is found outside the invariant space of the first direction`() throws {
    // H = I + 4 w wᵀ, where w is orthogonal to the direction from which the iteration starts.
    var random = RandomSource(seed: 3)
    let start: Tensor<Double> = random.normal([3])
    let w = Tensor([-start[1], start[0], 0])
    let scale = 4 / dot(w, w)
    let model = Model<Double>(["θ": .zeros([3])])
    var monitor = SharpnessMonitor<Model<Double>>()
    let seen = try monitor.measure(model) {
      let gradient = $0.tensors[0] + (scale * dot(w, $0.tensors[0])) * w
      return (dot(gradient, $0.tensors[0]) / 2, Model(["θ": gradient]))
    }
    expectClose([seen.largest.value], [5], Tolerance(1e-9, scale: 5))
    #expect(seen.isConverged)
  }

  @Test func `is found among many parameters when another eigenvalue overtakes the last one`()
    throws
  {
    // The random part of the start has a component of about 0.1/√n along the larger eigenvalue.
    let n = 20_000
    for (bulk, larger) in [(1, 10.5), (5, 10.5), (5, 11), (5, 15), (9, 11)] as [(Double, Double)] {
      var curvatures = Tensor((0..<n).map { bulk * Double($0) / Double(n) })
      let model = Model<Double>(["θ": .zeros([n])])
      var monitor = SharpnessMonitor<Model<Double>>()
      func measure() throws -> Double {
        let now = curvatures
        let seen = try monitor.measure(model) {
          let gradient = now * $0.tensors[0]
          return (dot(gradient, $0.tensors[0]) / 2, Model(["θ": gradient]))
        }
        #expect(seen.isConverged)
        return seen.largest.value
      }
      // The residual bounds the distance by a thousandth.
      curvatures[7] = 10
      expectClose([try measure()], [10], Tolerance(0.01, scale: 10))
      curvatures[4] = larger
      expectClose([try measure()], [larger], Tolerance(1e-3 * larger, scale: larger))
    }
  }

  @Test func `is that of the preconditioned Hessian for Adam`() throws {
    var random = RandomSource(seed: 5)
    let q: Tensor<Double> = Initializer.orthogonal()([8, 8], using: &random)
    let a = matmul(q * Tensor((1...8).map { Double($0) }), q.transposed)
    var model = Model<Double>(["x": .zeros([2]), "y": .zeros([2, 3])])
    let g: Tensor<Double> = random.normal([8])
    var adam = Adam(for: model, learningRate: 0.1, weightDecay: 0.5)
    adam.update(
      &model, along: Model(["x": g[0..<2], "y": g[2..<8].reshaped(to: [2, 3])]))

    var monitor = exact()
    let seen = try monitor.measure(model, adam) {
      let θ = Tensor.concatenate($0.tensors.map(\.flattened))
      let product = matvec(a, θ)
      return (
        dot(product, θ) / 2,
        Model(["x": product[0..<2], "y": product[2..<8].reshaped(to: [2, 3])])
      )
    }
    // v̂ = g² after one step from zero, P = (1 − β₁)(√v̂ + ε).
    let d = Tensor(g.elements.map { 1 / (0.1 * ($0.magnitude + 1e-8)).squareRoot() })
    let penalized = a + Tensor.diagonal(Tensor(repeating: 0.5, shape: [8]))
    let scaled = d.reshaped(to: [8, 1]) * penalized * d
    let expected = try symmetricEigenvalues(of: scaled)[7]
    expectClose([seen.largest.value], [expected], Tolerance(1e-8 * expected, scale: expected))
    #expect(seen.step?.isPreconditioned == true)
    expectClose([seen.stepRatio ?? .nan], [expected / 380], Tolerance(1e-8, scale: 1))
    #expect(seen.description.contains("for the preconditioned Hessian"))
  }

  @Test func `of NaN is an error`() throws {
    var monitor = exact()
    let model = Model<Double>(["a": Tensor([1]), "b": Tensor([2, 3])])
    #expect(throws: SharpnessError.nonFiniteGradient(parameter: "b", count: 1)) {
      try monitor.measure(model) {
        ($0.tensors[0].elements[0], Model(["a": Tensor([1]), "b": Tensor([.nan, 0])]))
      }
    }
    #expect(throws: SharpnessError.nonFiniteParameter(name: "b", count: 2)) {
      try monitor.measure(Model(["a": Tensor([1]), "b": Tensor([.infinity, .nan])])) { (0, $0) }
    }
    #expect(throws: SharpnessError.noParameters) {
      try monitor.measure(Model([:])) { (0, $0) }
    }
    #expect(monitor.latest == nil)
  }

  @Test func `in single precision agrees with that in double`() throws {
    var random = RandomSource(seed: 4)
    let float = Dense<Float>(inputSize: 6, outputSize: 4, using: &random)
    let double = Dense<Double>(float)
    let x: Tensor<Double> = random.normal([20, 6])
    let labels = (0..<20).map { _ in random.integer(below: 4) }
    func loss<S>(_ layer: Dense<S>) -> (loss: S, gradients: Dense<S>) {
      let (logits, cache) = layer.forward(Tensor<S>(x))
      let (loss, top) = softmaxCrossEntropy(logits, labels)
      return (loss, layer.backward(top, cache).gradients)
    }
    var (inFloat, inDouble) = (SharpnessMonitor<Dense<Float>>(), SharpnessMonitor<Dense<Double>>())
    let λ = try inDouble.measure(double, gradient: loss).largest.value
    expectClose(
      [try inFloat.measure(float, gradient: loss).largest.value], [λ], Tolerance(2e-3 * λ, scale: λ)
    )
  }
}
