import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `An audit of a loss` {
  private func audit(_ k: Double = 1, _ loss: (Double) -> (Double, Double)) -> LossAudit<Double> {
    LossAudit(scale: k) { d in
      let each = d.elements.map(loss)
      return (Tensor(each.map(\.0)), Tensor(each.map(\.1)))
    }
  }

  @Test(arguments: [0.1, 1, 20])
  func `finds a clip inside the square`(k: Double) throws {
    let audit = LossAudit<Double>(scale: k) { clippedSquare($0, k: k) }
    expectClose(
      audit.silenced, [-100, -10, -2, 2, 10, 100].map { $0 * k },
      Tolerance(Double.self, length: 1, scale: k))
    // The gradient is the derivative, and there is no jump: nothing else is wrong with it.
    #expect(audit.inconsistent.isEmpty && audit.unseen.isEmpty && audit.jumps.isEmpty)
    #expect(audit.findings().map(\.kind) == [.blockedGradient])
    #expect(audit.findings().map(\.severity) == [.failure])
  }

  @Test(arguments: [0.1, 1, 20])
  func `passes Huber's loss, the square, the magnitude and a smooth one`(k: Double) {
    let huber = LossAudit<Double>(scale: k) {
      let each = Backflow.huber($0, .zeros($0.shape), delta: k, reduction: .perSample)
      return (each.losses, each.gradientOfSum)
    }
    #expect(huber.findings().isEmpty)
    #expect(audit(k) { ($0 * $0, 2 * $0) }.findings().isEmpty)
    #expect(audit(k) { ($0.magnitude, $0 < 0 ? -1 : 1) }.findings().isEmpty)
    #expect(audit(k) { (1 + $0 * $0).squareRoot() }.findings().isEmpty)
    let single = LossAudit<Float>(scale: k) {
      let each = Backflow.huber($0, .zeros($0.shape), delta: k, reduction: .perSample)
      return (each.losses, each.gradientOfSum)
    }
    #expect(single.findings().isEmpty)
  }

  // on-policy #47: e > d where |e| > d was meant.
  @Test func `finds a one-sided mask`() {
    let audit = audit { e in
      e > 1 ? (e - 0.5, 1) : e.magnitude <= 1 ? (e * e / 2, e) : (0, 0)
    }
    #expect(audit.unseen == [-100, -10, -2])
    #expect(audit.silenced.isEmpty && audit.inconsistent.isEmpty)
    // It falls from ½ to 0 at the bend on the left.
    #expect(audit.jumps == [-1])
    #expect(audit.findings().map(\.kind) == [.blockedGradient, .wrongGradient])
  }

  // tensorforce #139
  @Test func `finds a linear branch without its constant or its magnitude`() {
    let constant = audit { d in d.magnitude <= 1 ? (d * d / 2, d) : (d.magnitude, d < 0 ? -1 : 1) }
    #expect(constant.jumps == [-1, 1] && constant.unseen.isEmpty)
    #expect(constant.findings().map(\.kind) == [.wrongGradient])
    let magnitude = audit { d in d.magnitude <= 1 ? (d * d / 2, d) : (d - 0.5, 1) }
    #expect(magnitude.unseen == [-100, -10, -2])
    let single = LossAudit<Float> { d in
      let each = d.elements.map { $0.magnitude <= 1 ? $0 * $0 / 2 : $0.magnitude }
      return (Tensor(each), d.clamped(to: -1...1))
    }
    #expect(single.jumps == [-1, 1])
  }

  @Test func `finds a gradient that is not the derivative`() {
    #expect(audit { ($0 * $0, $0) }.inconsistent == [-100, -10, -2, -0.5, 0.5, 2, 10, 100])
    let bad = audit { ($0 * $0, $0 > 50 ? .nan : 2 * $0) }
    #expect(bad.nonFinite == [100] && bad.inconsistent.isEmpty)
    #expect(bad.findings().map(\.kind) == [.wrongGradient])
    // log 0 at no error: the rest cannot be judged by it.
    let singular = audit { (log($0.magnitude), 1 / $0) }
    #expect(singular.nonFinite == [0] && singular.minimum == nil && singular.unseen.isEmpty)
    #expect(singular.findings().first?.statement.contains("is NaN or infinite") == true)
  }

  // Of a Float, whose differences are coarse, in the units of small and large losses.
  @Test(arguments: [1e-3, 1, 1e3])
  func `finds a wrong gradient at any scale`(k: Double) {
    let half = LossAudit<Float>(scale: k) { ($0 * $0, $0) }
    #expect(half.inconsistent.count == 8)
    #expect(half.findings().map(\.kind) == [.wrongGradient])
    let right = LossAudit<Float>(scale: k) { ($0 * $0, 2 * $0) }
    #expect(right.findings().isEmpty)
    let tiny = LossAudit<Double>(scale: 1) { ($0 * $0 * k, $0 * k) }
    #expect(tiny.inconsistent.count == 8)
  }

  @Test func `evaluates any function at the given points`() {
    let points: [Double] = [-3, -0.5, 0, 2]
    func softplus(_ slope: @escaping (Double) -> Double) -> LossAudit<Double> {
      LossAudit("softplus", at: points, minimum: 0) { x in
        (Tensor(x.elements.map { log1p(exp($0)) }), Tensor(x.elements.map(slope)))
      }
    }
    #expect(softplus { 1 / (1 + exp(-$0)) }.findings().isEmpty)
    #expect(softplus { 1 / (1 + exp($0)) }.inconsistent == [-3, -0.5, 2])
    let blocked = softplus { $0 < 0 ? 0 : 1 / (1 + exp(-$0)) }
    #expect(blocked.silenced == [-3, -0.5])
    #expect(blocked.findings().map(\.kind) == [.blockedGradient, .wrongGradient])
    #expect(blocked.findings().map(\.measured) == [0.5, 0.5])
    // Without a minimum, it is not known where a gradient of zero is right.
    let cosine = LossAudit<Double>("cos", at: [0, 1]) { x in
      (Tensor(x.elements.map { cos($0) }), Tensor(x.elements.map { -sin($0) }))
    }
    #expect(cosine.findings().isEmpty && cosine.minimum == nil)
  }

  @Test
  func `reports missing and wrong gradients, and a monitor keeps both`()
    throws
  {
    var monitor = HealthMonitor<Double>()
    monitor.add(audit { e in e > 1 ? (1, 0) : e.magnitude <= 1 ? (e * e, e) : (0, 0) }.findings())
    #expect(monitor.findings.map(\.kind) == [.blockedGradient, .wrongGradient])
    let (blocked, wrong) = (monitor.findings[0], monitor.findings[1])
    #expect(blocked.statement.contains("exactly zero") && blocked.statement.contains("no greater"))
    #expect(wrong.statement.contains("not its derivative") && wrong.statement.contains("jumps"))
    // Of ten trials, with the bends: ±2, ±10, ±100, and ±0.5 and the bend on the left.
    expectClose([blocked.measured, wrong.measured], [0.6, 0.3], Tolerance(1e-15, scale: 1))
  }
}

extension `An audit of a loss` {
  private func audit(_ k: Double, _ smooth: (Double) -> Double) -> LossAudit<Double> {
    // √(1 + d²) and d/√(1 + d²)
    audit(k) { (smooth($0), $0 / smooth($0)) }
  }
}
