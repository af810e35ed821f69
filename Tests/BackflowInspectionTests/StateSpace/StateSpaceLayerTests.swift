import Backflow
import Foundation
import TestSupport
import Testing

/// The inverse of softplus: the bias whose Δ is `step`.
func inverseSoftplus(_ step: Double) -> Double { step + log(-expm1(-step)) }

/// A checkpoint with vectors and matrices of doubles.
func checkpoint(_ tensors: KeyValuePairs<String, Tensor<Double>>) -> Checkpoint {
  var checkpoint = Checkpoint()
  for (name, tensor) in tensors { checkpoint[name] = StoredTensor(tensor) }
  return checkpoint
}

@Suite struct `A diagonal recurrence in a file` {
  private func layer(_ tensors: KeyValuePairs<String, Tensor<Double>>) throws -> StateSpaceLayer {
    try #require(try StateSpaceLayer.all(in: checkpoint(tensors)).first)
  }

  // MARK: - Mamba

  /// A = −1 … −16 for each channel, and these steps.
  private func mamba(_ steps: [Double]) throws -> StateSpaceLayer {
    let rates = steps.map { _ in (1...16).map { log(Double($0)) } }
    return try layer([
      "mixer.A_log": Tensor(rows: rates), "mixer.dt_proj.bias": Tensor(steps.map(inverseSoftplus)),
      "mixer.dt_proj.weight": .ones([steps.count, 2]),
    ])
  }

  @Test func `has the exponents −nΔ of Mamba's initialization`() throws {
    let steps = [0.001, 0.01, 0.1]
    let layer = try mamba(steps)
    #expect(layer.kind == .mamba && layer.name == "mixer" && layer.shape == [3, 16])
    #expect(layer.tensors == ["mixer.A_log", "mixer.dt_proj.bias"])
    #expect(layer.findings.isEmpty && layer.phases.isEmpty && layer.decays.count == 1)
    let expected = steps.flatMap { step in (1...16).map { -Double($0) * step } }
    // softplus at −6.9 has a condition number of 6.9.
    expectClose(
      layer.decays[0].exponents.compactMap(\.self), expected,
      Tolerance(Double.self, length: 8, scale: 1.6))
    let horizons = layer.decays[0].horizons.compactMap(\.self)
    expectClose(
      [horizons[0], horizons[32], horizons[15], horizons[47]],
      [13_815.510558, 138.155106, 863.469410, 8.634694], Tolerance(5e-7, scale: 1))
    #expect(
      [horizons[0], horizons[32], horizons[15]].map { Int($0.rounded()) } == [13_816, 138, 863])
    #expect(layer.decays[0].growingChannels.isEmpty && layer.decays[0].deadChannels.isEmpty)
    #expect(layer.consequence.contains("cannot explode") && layer.consequence.contains("mean of Δ"))
  }

  /// The mean of A Δ_t along the steps is the exponent: Δ factors out of each of them.
  @Test func `has exponents that are linear in Δ`() throws {
    let steps = [0.003, 0.07, 0.02, 0.09]
    let exponents = try steps.map { try #require(try mamba([$0]).decays[0].exponents[4]) }
    let ofMean = try #require(try mamba([steps.reduce(0, +) / 4]).decays[0].exponents[4])
    expectClose(
      [exponents.reduce(0, +) / 4], [ofMean], Tolerance(Double.self, length: 8, scale: 0.25))
  }

  @Test func `has one decay for each head of Mamba-2`() throws {
    let layer = try layer([
      "layers.3.mixer.dt_bias": Tensor([inverseSoftplus(0.5), 0]),
      "layers.3.mixer.A_log": Tensor([log(2), log(1e-9)]),
    ])
    #expect(layer.kind == .mamba2 && layer.name == "layers.3.mixer" && layer.shape == [2])
    let decay = layer.decays[0]
    expectClose(
      decay.exponents.compactMap(\.self), [-1, -1e-9 * log(2)],
      Tolerance(Double.self, length: 1, scale: 1))
    #expect(decay.channelsAtOne(within: layer.tolerance) == [1] && layer.tolerance == 1e-7)
    // softplus(40) · 2 = 80 nats, and e⁻⁸⁰ is far below 10⁻⁶.
    let dead = try self.layer(["dt_bias": Tensor([40, -1]), "A_log": Tensor([log(2), log(2)])])
    #expect(dead.name == "" && dead.decays[0].deadChannels == [0])
  }

  /// Each head of a Kimi delta network has as many steps as features.
  @Test func `repeats the rate of a head for its consecutive steps`() throws {
    let layer = try layer([
      "A_log": Tensor([0, log(3)]).reshaped(to: [1, 1, 2, 1]),
      "dt_bias": Tensor([1, 2, 3, 4].map(inverseSoftplus)),
    ])
    #expect(layer.shape == [4] && layer.kind == .mamba2)
    expectClose(
      layer.decays[0].exponents.compactMap(\.self), [-1, -2, -9, -12],
      Tolerance(Double.self, length: 4, scale: 12))
  }

  // MARK: - LRU and RG-LRU

  /// The mean of ln |λ| of an LRU, where |λ|² is uniform on [a, b].
  private func meanOfRing(_ a: Double, _ b: Double) -> Double {
    func integral(_ x: Double) -> Double { x == 0 ? 0 : x * log(x) - x }
    return (integral(b) - integral(a)) / (b - a) / 2
  }

  @Test(arguments: [
    (0.0, 1.0, -0.5), (0.5, 0.99, -0.2761451), (0.9, 0.999, -0.0513667),
    (0.999, 0.9999, -0.00055012),
  ])
  func `has the mean exponent of an LRU's ring`(
    inner: Double, outer: Double, published: Double
  ) throws {
    let count = 20_000
    let (a, b) = (inner * inner, outer * outer)
    var random = RandomSource(seed: 11)
    let squares = (0..<count).map { _ in a + (b - a) * random.uniform() }
    let layer = try layer([
      "lru.theta_log": Tensor(squares.map { _ in log(6.28 * random.uniform()) }),
      "lru.nu_log": Tensor(squares.map { log(-0.5 * log($0)) }),
    ])
    #expect(layer.kind == .lru && layer.decays.map(\.condition) == ["always"])
    let exponents = layer.decays[0].exponents.compactMap(\.self)
    let mean = exponents.reduce(0, +) / Double(count)
    let variance = exponents.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect((mean - meanOfRing(a, b)).magnitude < 4 * (variance / Double(count)).squareRoot())
    // The closed form has the published digits.
    #expect((meanOfRing(a, b) - published).magnitude < 6e-8)
    let moduli = layer.decays[0].moduli.compactMap(\.self)
    expectClose(
      moduli.map { $0 * $0 }, squares, Tolerance(Double.self, length: 8, scale: 1))
  }

  @Test func `has the horizons and phases of an LRU`() throws {
    let layer = try layer([
      "nu_log": Tensor([0.9, 0.999, 0.9999].map { log(-log($0)) }),
      "theta_log": Tensor([log(0.5), log(3), -100]),
    ])
    let horizons = layer.decays[0].horizons.compactMap(\.self)
    #expect(horizons.map { Int($0.rounded()) } == [131, 13_809, 138_148])
    expectClose(
      layer.phases.compactMap(\.self), [0.5, 3, exp(-100)],
      Tolerance(Double.self, length: 1, scale: 3))
  }

  /// Griffin draws a^c, c = 8, uniformly from [0.9, 0.999].
  @Test func `has both signs of the parameter of an RG-LRU`() throws {
    var random = RandomSource(seed: 5)
    let powers = (0..<50).map { _ in 0.9 + 0.099 * random.uniform() }
    let Λ = powers.map { -log(pow($0, -1 / 8.0) - 1) }
    for (name, values) in [
      ("rg_lru.a_param", Λ.map { -$0 }), ("rg_lru.recurrent_param", Λ.map { -$0 }),
      ("rglru.Lambda", Λ),
    ] {
      let checkpoint = checkpoint(["blocks.0." + name: Tensor(values)])
      let layer = try #require(try StateSpaceLayer.all(in: checkpoint).first)
      #expect(layer.kind == .rgLRU && layer.decays.map(\.condition) == ["r = ½", "r = 1"])
      let tolerance = Tolerance(Double.self, length: 16, scale: 1)
      expectClose(layer.decays[1].moduli.compactMap(\.self), powers, tolerance)
      expectClose(
        layer.decays[0].moduli.compactMap(\.self), powers.map { $0.squareRoot() }, tolerance)
    }
    let hawk = try layer(["forget_base": Tensor([-5]), "gates.weight": .ones([2, 1])])
    #expect(hawk.kind == .rgLRU)
  }

  // MARK: - S4D and S5

  @Test func `has the decays and phases of S4D`() throws {
    let layer = try layer([
      "kernel.log_dt": Tensor([log(0.001), log(0.1)]),
      "kernel.log_A_real": Tensor(repeating: log(0.5), shape: [2, 3]),
      "kernel.A_imag": Tensor(rows: [[0, .pi, 2 * .pi], [0, .pi, 2 * .pi]]),
    ])
    #expect(layer.kind == .s4d && layer.shape == [2, 3])
    let tolerance = Tolerance(Double.self, length: 1, scale: 0.7)
    expectClose(
      layer.decays[0].exponents.compactMap(\.self),
      [-0.0005, -0.0005, -0.0005, -0.05, -0.05, -0.05], tolerance)
    expectClose(
      layer.phases.compactMap(\.self),
      [0, 0.001 * .pi, 0.002 * .pi, 0, 0.1 * .pi, 0.2 * .pi], tolerance)
  }

  @Test func `repeats the rates of S4 as a whole`() throws {
    let layer = try layer([
      "log_dt": Tensor([0, log(2), log(3), log(4)]), "A_imag": .zeros([2, 1]),
      "inv_A_real": Tensor([0, log(10)]).reshaped(to: [2, 1]),
    ])
    #expect(layer.shape == [4, 1])
    expectClose(
      layer.decays[0].exponents.compactMap(\.self), [-1, -20, -3, -40],
      Tolerance(Double.self, length: 1, scale: 40))
  }

  @Test func `has an eigenvalue of S5 that grows`() throws {
    let layer = try layer([
      "seq.Lambda_re": Tensor([-0.5, 0.25]), "seq.Lambda_im": Tensor([1, -2]),
      "seq.log_step": Tensor([log(0.1), log(0.2)]).reshaped(to: [2, 1]),
    ])
    #expect(layer.kind == .s5 && layer.findings.map(\.kind) == [.wrongSign])
    expectClose(
      layer.decays[0].exponents.compactMap(\.self) + layer.phases.compactMap(\.self),
      [-0.05, 0.05, 0.1, -0.4], Tolerance(Double.self, length: 1, scale: 1))
    #expect(layer.decays[0].growingChannels == [1] && layer.decays[0].horizons[1] == nil)
  }
}
