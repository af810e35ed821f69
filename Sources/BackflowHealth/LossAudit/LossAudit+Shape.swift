internal import BackflowKernels
internal import BackflowLinearAlgebra

extension LossAudit {
  /// The slopes at ½ k and 2 k on either side bound the one at k, if there is only one kink.
  static func jumps(
    of loss: Function, at scale: Double, _ trials: [Trial], _ name: String
  ) -> [Double] {
    let slopes = trials.map(\.difference.magnitude)
    let bends = [(-scale, slopes[2], slopes[3]), (scale, slopes[4], slopes[5])]
    return bends.filter { bend, one, other in
      let pair = values(of: loss, at: [bend * (1 - spacing), bend * (1 + spacing)], name)
      let slope = (pair[1] - pair[0]).magnitude / (2 * spacing * scale)
      return slope > 2 * Swift.max(one, other) + 10 * spacing * largestSlope(trials)
    }.map(\.0)
  }

  /// The errors beyond a maximum on their side of 0.
  static func unseen(_ trials: [Trial], atZero zero: Double) -> [Double] {
    let points = ([(0, zero)] + trials.filter(\.isFinite).map { ($0.error, $0.loss) })
      .sorted { $0.0 < $1.0 }
    /// Whether one loss is below another by more than rounding.
    func isBelow(_ one: Double, _ other: Double) -> Bool {
      other - one > 10 * Double(Scalar.ulpOfOne) * Swift.max(one.magnitude, other.magnitude)
    }
    return points.filter { error, loss in
      let inward = error < 0 ? points : points.reversed()
      let nearer = inward.drop { $0.0 != error }.dropFirst()
      return error != 0
        && nearer.contains { top, height in
          top * error >= 0 && isBelow(loss, height)
            && nearer.drop { $0.0 != top }.contains { isBelow($0.1, height) }
        }
    }.map(\.0)
  }
}
