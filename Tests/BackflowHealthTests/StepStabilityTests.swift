import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The stability of a step` {
  /// ε for one parameter at 0: u^(1/3).
  private let ε = cbrt(Double.ulpOfOne)
  /// The error that central differences make for x²/2 + c x⁴/4 at 0, c ε².
  private let error = 1e6 * pow(cbrt(Double.ulpOfOne), 2)

  /// The sharpness of x²/2 + c x⁴/4 at 0, which is 1, for gradient descent with a limit.
  private func sharpness(
    limit: Double, products: Int = 60
  ) throws -> (seen: Sharpness, findings: [Finding]) {
    let model = Model<Double>(["x": Tensor([0])])
    var monitor = SharpnessMonitor<Model<Double>>(maximumProducts: products)
    let optimizer = SGD(for: model, learningRate: 2 / limit)
    let findings = try monitor.observe(0, model, optimizer) {
      let x = $0.tensors[0].elements[0]
      return (x * x / 2 + 1e6 * x * x * x * x / 4, Model(["x": Tensor([x + 1e6 * x * x * x])]))
    }
    return (try #require(monitor.latest), findings)
  }

  @Test func `counts the error of the differences, which the residual does not show`() throws {
    let seen = try sharpness(limit: 2).seen
    expectClose([seen.largest.value - 1], [error], Tolerance(1e-9 * error, scale: error))
    #expect(seen.largest.residual == 0)
    // c (2ε)² − c ε²
    expectClose([seen.largest.differenceError], [3 * error], Tolerance(1e-9 * error, scale: error))
    #expect(seen.largest.uncertainty == seen.largest.differenceError)
  }

  @Test func `is stated alike by the description and the findings`() throws {
    for (limit, expected, words) in [
      (0.5, .unstable, "so that the loss rises along"),
      (1 - 3 * error, .unstable, "so that the loss rises along"),
      (1 - error, .undecided, "which its errors leave open"),
      (1 + 3 * error, .undecided, "which its errors leave open"),
      (1 + 5 * error, .stable, "so that the loss does not rise along"),
      (2, .stable, "so that the loss does not rise along"),
    ] as [(Double, StepStability, String)] {
      let (seen, findings) = try sharpness(limit: limit)
      #expect(seen.stability() == expected, "limit \(limit): \(seen)")
      #expect(seen.description.contains(words), "limit \(limit): \(seen)")
      #expect(findings.map(\.kind) == (expected == .unstable ? [.unstableStep] : []))
    }
    let statement = try #require(try sharpness(limit: 0.5).findings.first?.statement)
    #expect(statement.hasPrefix("the step is 2 times the longest stable one"))
    #expect(statement.contains("0 of the iteration, 0.00011 of the differences"))
  }

  @Test func `is undecided below the limit before the iteration has converged`() throws {
    let curvatures = Tensor((0..<100).map { Double($0) })
    let model = Model<Double>(["x": .ones([100])])
    func stability(limit: Double, products: Int) throws -> StepStability? {
      var monitor = SharpnessMonitor<Model<Double>>(maximumProducts: products)
      return try monitor.measure(model, SGD(for: model, learningRate: 2 / limit)) {
        let gradient = curvatures * $0.tensors[0]
        return (dot(gradient, $0.tensors[0]) / 2, Model(["x": gradient]))
      }.stability()
    }
    #expect(try stability(limit: 1000, products: 3) == .undecided)
    #expect(try stability(limit: 1000, products: 60) == .stable)
    // One eigenvalue above the limit is enough.
    #expect(try stability(limit: 10, products: 3) == .unstable)
  }

  @Test func `has the multiple of the limit that the thresholds allow`() throws {
    let seen = try sharpness(limit: 0.5).seen
    var thresholds = Thresholds()
    thresholds.unstableStep = 3
    #expect(seen.findings(step: 0, thresholds).isEmpty && seen.stability(upTo: 3) == .stable)
    #expect(seen.findings(step: 0).count == 1)
    thresholds.unstableStep = .infinity
    #expect(seen.findings(step: 0, thresholds).isEmpty)
  }

  @Test func `is unknown without the limit of an optimizer, and saved with its errors`() throws {
    let model = Model<Double>(["x": Tensor([1])])
    var monitor = SharpnessMonitor<Model<Double>>()
    let seen = try monitor.measure(model) { ($0.tensors[0].elements[0], Model(["x": Tensor([1])])) }
    #expect(seen.stability() == nil && seen.findings(step: 0).isEmpty)
    #expect(!seen.description.contains("longest stable"))
    let saved = try JSONEncoder().encode(sharpness(limit: 2).seen)
    #expect(String(decoding: saved, as: UTF8.self).contains("\"difference_error\""))
    #expect(try JSONDecoder().decode(Sharpness.self, from: saved) == sharpness(limit: 2).seen)
  }

  @Test(arguments: [(Double.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")])
  func `is saved when the loss is not finite`(loss: Double, text: String) throws {
    let model = Model<Double>(["x": Tensor([1])])
    var monitor = SharpnessMonitor<Model<Double>>()
    let seen = try monitor.measure(model) { (loss, Model(["x": $0.tensors[0]])) }
    let data = try JSONEncoder().encode(seen)
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    #expect(object?["loss"] as? String == text)
    let read = try JSONDecoder().decode(Sharpness.self, from: data)
    #expect(read.loss == loss || read.loss.isNaN && loss.isNaN)
    #expect(read.largest == seen.largest)
  }
}
