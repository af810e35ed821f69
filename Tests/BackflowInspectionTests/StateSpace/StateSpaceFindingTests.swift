import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `State-space layers with faults` {
  private func layers(
    _ tensors: KeyValuePairs<String, Tensor<Double>>
  ) throws -> [StateSpaceLayer] { try StateSpaceLayer.all(in: checkpoint(tensors)) }

  /// The expression −softplus(x).clamp(max=−floor) of an implementation of Mamba-3. The clamp takes
  /// effect before the minus sign, and every A becomes +floor.
  @Test func `have a decay of the wrong sign`() throws {
    let floor = 0.1
    let wrong = [-3, 0, 2.5].map { -min(log1p(exp($0)), -floor) }
    let right = [-3, 0, 2.5].map { min(-log1p(exp($0)), -floor) }
    let layer = try #require(try layers(["m.A": Tensor(wrong), "m.dt_bias": .zeros([3])]).first)
    #expect(layer.findings.map(\.kind) == [.wrongSign] && layer.findings[0].tensor == "m.A")
    #expect(layer.findings[0].message.hasPrefix("3 of 3 decay rates are positive"))
    #expect(layer.findings[0].message.hasSuffix("[0], [1], [2]"))
    expectClose(
      layer.decays[0].exponents.compactMap(\.self),
      [Double](repeating: floor * log(2), count: 3), Tolerance(Double.self, length: 1, scale: 0.1))
    #expect(layer.decays[0].growingChannels == [0, 1, 2])
    #expect(layer.consequence.contains("explodes: 3 of 3"))

    let mended = try #require(try layers(["m.A": Tensor(right), "m.dt_bias": .zeros([3])]).first)
    #expect(mended.findings.isEmpty && mended.consequence.contains("cannot explode"))
  }

  @Test func `name single channels of the wrong sign`() throws {
    var rates = Tensor(repeating: -1.0, shape: [4, 3])
    rates[2, 1] = 0.5
    let layer = try #require(try layers(["A": rates, "dt_proj.bias": .zeros([4])]).first)
    #expect(layer.findings[0].message.contains("1 of 12") && layer.kind == .mamba)
    #expect(layer.findings[0].message.hasSuffix("[2, 1]"))
    #expect(layer.decays[0].growingChannels == [7])
  }

  @Test func `have elements that are not finite`() throws {
    let layer = try #require(
      try layers([
        "A_log": Tensor([0, .nan, 1, .infinity, 0]),
        "dt_bias": Tensor([0, 0, -.infinity, 0, .nan]),
      ]).first)
    #expect(layer.findings.map(\.tensor) == ["A_log", "dt_bias"])
    #expect(layer.findings.allSatisfy { $0.kind == .nonFinite })
    #expect(layer.findings[0].message.hasSuffix("2 of 5 elements are NaN or infinite: [1], [3]"))
    // softplus(−∞) is 0: the channel is at 1, which the finding explains.
    #expect(layer.decays[0].exponents.map { $0 == nil } == [false, true, false, true, true])
    #expect(layer.decays[0].channelsAtOne(within: 1e-7) == [2])
    #expect(layer.consequence.contains("Nothing follows"))
  }

  @Test func `have steps of another shape, or none`() throws {
    let wide = try #require(try layers(["A_log": .zeros([4]), "dt_bias": .zeros([6])]).first)
    #expect(wide.findings.map(\.kind) == [.mismatchedShapes] && wide.decays.isEmpty)
    #expect(wide.findings[0].tensor == "dt_bias" && wide.findings[0].message.contains("[6]"))
    let matrix = try #require(
      try layers(["A_log": .zeros([4, 3]), "dt_proj.bias": .zeros([8])]).first)
    #expect(matrix.findings.map(\.kind) == [.mismatchedShapes])
    let missing = try #require(try layers(["m.A_log": .zeros([4, 3])]).first)
    #expect(missing.findings.map(\.kind) == [.missingTensor] && missing.decays.isEmpty)
    #expect(missing.consequence.contains("unknown"))
    let phase = try #require(try layers(["nu_log": .zeros([4]), "theta_log": .zeros([3])]).first)
    #expect(phase.findings.map(\.kind) == [.mismatchedShapes])
    #expect(phase.phases.isEmpty && phase.decays[0].exponents.count == 4)
  }

  /// Rates [1, 2¹³] and 2¹⁴ steps would make 2²⁷ channels.
  @Test func `do not become much larger than their tensors`() throws {
    let layer = try #require(
      try layers([
        "log_A_real": .zeros([1, 1 << 13]), "A_imag": .zeros([1, 1 << 13]),
        "log_dt": .zeros([1 << 14]),
      ]).first)
    #expect(layer.decays.isEmpty && layer.findings.map(\.kind) == [.mismatchedShapes])
  }

  @Test func `have finite exponents where the rate overflows`() throws {
    let layer = try #require(
      try layers(["A_log": Tensor([800, -800]), "dt_bias": Tensor([1, 1])]).first)
    #expect(layer.decays[0].moduli == [0, 1])
    #expect(layer.decays[0].exponents[0] == -.greatestFiniteMagnitude)
    #expect(layer.decays[0].horizons[1] == nil && layer.decays[0].deadChannels == [0])
  }

  // MARK: - Names

  @Test(arguments: [
    ("A_log", "dt_bias"), ("backbone.layers.0.mixer.A_log", "backbone.layers.0.mixer.dt_proj.bias"),
    ("model/ssm/A_log", "model/ssm/dt_proj/bias"), ("ssm_A_log", "ssm_dt_bias"),
    ("vss.A_logs", "vss.dt_projs_bias"), ("vim.A_b_log", "vim.dt_proj_b.bias"),
  ])
  func `are found under any prefix`(rate: String, step: String) throws {
    let layers = try layers([step: .zeros([3]), rate: .zeros([3, 2])])
    #expect(layers.count == 1 && layers[0].tensors == [rate, step])
  }

  @Test(arguments: [
    ["lora_A"], ["x.A"], ["xA_log", "xdt_bias"], ["A_logit", "dt_bias"], ["nu_log"], ["lambda"],
    ["loss.Lambda"], ["a_param"], ["log_A_real", "log_dt"], ["Lambda_re", "log_step"],
  ])
  func `are not found in other tensors`(names: [String]) throws {
    var checkpoint = Checkpoint()
    for name in names { checkpoint[name] = StoredTensor(Tensor<Float>.zeros([4])) }
    #expect(try StateSpaceLayer.all(in: checkpoint).isEmpty)
  }

  @Test func `are not found in integers, empty tensors, and gradients beside a parameter`() throws {
    var checkpoint = Checkpoint([
      "a.A_log": StoredTensor([1, 2] as [Int64], shape: [2]),
      "b.A_log": StoredTensor(Tensor<Float>.zeros([0, 4])),
    ])
    #expect(try StateSpaceLayer.all(in: checkpoint).isEmpty)
    for name in ["model.m.A_log", "model.m.dt_bias", "grad.m.A_log", "optimizer.exp_avg.m.A_log"] {
      checkpoint[name] = StoredTensor(Tensor<Float>.zeros([4]))
    }
    #expect(try StateSpaceLayer.all(in: checkpoint).map(\.name) == ["model.m"])
  }

  // MARK: - Half precision

  /// 1.0 and −4.59375 in half precision, −6.90625 in `bfloat16`.
  @Test func `are read in half precision, and say what is 1 in it`() throws {
    let half = try safetensors(
      "F16", [("A_log", [1], [0, 0]), ("dt_bias", [1], [0x98, 0xC4])])
    let layer = try #require(try StateSpaceLayer.all(in: half).first)
    #expect(layer.type == "float16" && layer.tolerance == 0x1p-12)
    expectClose(
      layer.decays[0].exponents.compactMap(\.self), [-log1p(exp(-4.59375))],
      Tolerance(Double.self, length: 1, scale: 1))
    #expect(layer.decays[0].channelsAtOne(within: layer.tolerance).isEmpty)

    let brain = try safetensors(
      "BF16", [("A_log", [1], [0, 0]), ("dt_bias", [1], [0xDD, 0xC0])])
    let slow = try #require(try StateSpaceLayer.all(in: brain).first)
    #expect(slow.type == "bfloat16" && slow.tolerance == 0x1p-9)
    // |λ| = 0.999, which rounds to 1 in bfloat16.
    #expect(slow.decays[0].channelsAtOne(within: slow.tolerance) == [0])
    #expect(slow.decays[0].channelsAtOne(within: 1e-7).isEmpty)
  }
}
