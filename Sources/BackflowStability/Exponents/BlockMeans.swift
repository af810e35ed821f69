/// The mean of a quantity over the steps of a trajectory, from its sums over consecutive blocks of
/// steps, with a standard error that allows for correlation between the steps.
///
/// The error is the standard deviation of the block means divided by the square root of their
/// number. Blocks shorter than the correlation time would underestimate it, so that neighbors are
/// merged while at least `fewest` blocks remain, and the largest of these estimates counts
/// (Flyvbjerg and Petersen, J. Chem. Phys. 91, 1989).
struct BlockMeans {
  /// The largest number of blocks.
  static let most = 32
  /// The number of blocks from which the deviation is still estimated after merging.
  private static let fewest = 4

  private let blocks: [(steps: Int, sum: Double)]

  /// The mean of blocks with these numbers of steps and sums, in the order of time.
  init(_ blocks: [(steps: Int, sum: Double)]) { self.blocks = blocks.filter { $0.steps > 0 } }

  /// The number of steps.
  var steps: Int { blocks.reduce(0) { $0 + $1.steps } }

  /// The mean over all steps.
  var mean: Double { blocks.reduce(0) { $0 + $1.sum } / Double(max(1, steps)) }

  /// The standard error of the mean; NaN for fewer than 2 blocks or an infinite mean.
  var standardError: Double {
    var (merged, largest) = (blocks, Double.nan)
    repeat {
      let error = deviation(of: merged)
      largest = largest.isNaN ? error : max(largest, error)
      merged = stride(from: 0, to: merged.count, by: 2).map { start in
        merged[start..<min(start + 2, merged.count)].reduce((0, 0)) {
          ($0.0 + $1.steps, $0.1 + $1.sum)
        }
      }
    } while merged.count >= BlockMeans.fewest
    // Not below the rounding of the mean itself.
    return mean.isFinite ? max(largest, .ulpOfOne * abs(mean)) : largest
  }

  private func deviation(of blocks: [(steps: Int, sum: Double)]) -> Double {
    guard blocks.count > 1 else { return .nan }
    let (mean, total) = (mean, Double(steps))
    let variance =
      blocks.reduce(0) { sum, block in
        let deviation = block.sum / Double(block.steps) - mean
        return sum + deviation * deviation * Double(block.steps)
      } / total
    return (variance / Double(blocks.count - 1)).squareRoot()
  }
}
