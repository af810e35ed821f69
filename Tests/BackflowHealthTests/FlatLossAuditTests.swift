import Backflow
import Foundation
import TestSupport
import Testing

/// Correct convex losses that are flat somewhere, or have no minimum at zero, and wrong losses that
/// look like them.
@Suite struct `An audit of a loss with a flat minimum` {
  typealias Loss = @Sendable (Double) -> (Double, Double)

  private func audit<Scalar: RealScalar>(
    _: Scalar.Type, _ k: Double, _ loss: Loss
  ) -> LossAudit<Scalar> {
    LossAudit(scale: k) { d in
      let each = d.elements.map { loss(Double($0)) }
      return (Tensor(each.map { Scalar($0.0) }), Tensor(each.map { Scalar($0.1) }))
    }
  }

  /// The findings in either precision.
  private func findings(_ k: Double, _ loss: Loss) -> [[Finding]] {
    [audit(Float.self, k, loss).findings(), audit(Double.self, k, loss).findings()]
  }

  private static let correct: [(String, Loss)] = [
    ("ε-insensitive", { ($0.magnitude > 1 ? $0.magnitude - 1 : 0, $0 > 1 ? 1 : $0 < -1 ? -1 : 0) }),
    (
      "ε-insensitive, with the outer slope at the kink",
      { ($0.magnitude > 1 ? $0.magnitude - 1 : 0, $0 >= 1 ? 1 : $0 <= -1 ? -1 : 0) }
    ),
    (
      "squared ε-insensitive",
      { d in
        let outside = max(d.magnitude - 1, 0)
        return (outside * outside, (d < 0 ? -2 : 2) * outside)
      }
    ),
    ("hinge", { (max(1 - $0, 0), $0 < 1 ? -1 : 0) }),
    ("hinge of the other side", { (max(1 + $0, 0), $0 > -1 ? 1 : 0) }),
    ("squared hinge", { (pow(max(1 - $0, 0), 2), -2 * max(1 - $0, 0)) }),
    ("perceptron", { (max(-$0, 0), $0 < 0 ? -1 : 0) }),
    ("logistic", { (log1p(exp(-$0.magnitude)) + max(-$0, 0), -1 / (1 + exp($0))) }),
    (
      "logistic, with a slope that rounds to zero",
      { (log1p(exp(-$0.magnitude)) + max(-$0, 0), 1 / (1 + exp(-$0)) - 1) }
    ),
    ("quantile 0.1", { (max(0.1 * $0, -0.9 * $0), $0 > 0 ? 0.1 : -0.9) }),
    ("quantile 0.9", { (max(0.9 * $0, -0.1 * $0), $0 > 0 ? 0.9 : -0.1) }),
    (
      "Huber",
      { $0.magnitude <= 1 ? ($0 * $0 / 2, $0) : ($0.magnitude - 0.5, $0 < 0 ? -1 : 1) }
    ),
    ("with an offset", { (3 + max($0.magnitude - 1, 0), $0 > 1 ? 1 : $0 < -1 ? -1 : 0) }),
  ]

  // The kink at 1 is at trials, between them, at k, and beyond all of them.
  @Test(
    arguments: [1e-4, 1e-3, 0.01, 0.02, 0.1, 0.3, 0.5, 0.999, 1, 1.001, 2, 7, 10, 100, 1e3, 1e4])
  func `passes convex losses at any scale`(k: Double) {
    for (name, loss) in Self.correct {
      for found in findings(k, loss) { #expect(found.isEmpty, "\(name): \(found)") }
    }
  }

  @Test(arguments: [1e-3, 0.1, 1, 20, 1e3])
  func `finds a clip inside, a one-sided mask and a missing constant at any scale`(k: Double) {
    let clipped: Loss = { d in
      d.magnitude <= k ? (d * d, 2 * d) : (k * k, 0)
    }
    for found in findings(k, clipped) { #expect(found.map(\.kind) == [.blockedGradient]) }
    let mask: Loss = { d in
      d > k ? (k * (d - k / 2), k) : d.magnitude <= k ? (d * d / 2, d) : (0, 0)
    }
    for found in findings(k, mask) {
      #expect(found.map(\.kind) == [.blockedGradient, .wrongGradient])
    }
    #expect(audit(Double.self, k, mask).unseen == [-100, -10, -2].map { $0 * k })
    #expect(audit(Float.self, k, mask).unseen.count == 3)
    let constant: Loss = { d in
      d.magnitude <= k ? (d * d / 2, d) : (k * d.magnitude, d < 0 ? -k : k)
    }
    for found in findings(k, constant) { #expect(found.map(\.kind) == [.wrongGradient]) }
  }

  // A kink is no excuse: a jump at a trial, a slope beyond those of both sides.
  @Test func `finds defects next to a flat minimum`() {
    func kinds(_ loss: @escaping Loss, _ k: Double = 1) -> [[Finding.Kind]] {
      findings(k, loss).map { $0.map(\.kind) }
    }
    let wrong = [[Finding.Kind]](repeating: [.wrongGradient], count: 2)
    let blocked = [[Finding.Kind]](repeating: [.blockedGradient], count: 2)
    // |δ| without − ε, which jumps at k, and at the trial 2 k.
    let jump: Loss = { ($0.magnitude > 1 ? $0.magnitude : 0, $0 > 1 ? 1 : $0 < -1 ? -1 : 0) }
    #expect(kinds(jump) == wrong && kinds(jump, 0.5) == wrong)
    let slope: Loss = { (max(1 - $0, 0), $0 < 1 ? -1 : $0 == 1 ? 0.5 : 0) }
    #expect(kinds(slope, 0.5) == wrong)
    let missing: Loss = { (max($0.magnitude - 1, 0), $0 > 1 ? 1 : 0) }
    #expect(kinds(missing).allSatisfy { $0 == [.blockedGradient, .wrongGradient] })
    // Flat, and then clipped.
    let clipped: Loss = { d in
      let outside = d.magnitude - 1
      return outside > 5 ? (5, 0) : outside > 0 ? (outside, d < 0 ? -1 : 1) : (0, 0)
    }
    #expect(kinds(clipped) == blocked)
    // The same for all errors.
    #expect(kinds { _ in (2, 0) } == blocked)
    #expect(kinds { _ in (0, 0) } == blocked)
    // Upside down.
    #expect(kinds { (-$0.magnitude, $0 < 0 ? 1 : -1) } == blocked)
  }

  @Test func `takes the least value for the minimum`() {
    let hinge = audit(Double.self, 1) { (max(1 - $0, 0) + 3, $0 < 1 ? -1 : 0) }
    #expect(hinge.minimum == 3 && hinge.silenced.isEmpty && hinge.unseen.isEmpty)
  }
}
