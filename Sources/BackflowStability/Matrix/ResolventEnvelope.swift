internal import RealModule

/// A bound from above of M(x), the maximum of the resolvent norm on the curve of extent x, between
/// the extents at which it is known.
///
/// The logarithm of the resolvent norm is subharmonic. Hence log M is a convex function of log x
/// for circles (Hadamard's three-circles theorem) and of x for lines (the three-lines theorem), and
/// lies below the chord between any two upper bounds of it. The envelope is the lower convex hull
/// of the nodes.
struct ResolventEnvelope: Sendable {
  /// An upper bound of ln M at an extent.
  struct Node: Sendable {
    var extent, logNorm: Double
  }

  let region: StabilityRegion
  /// The extent of the boundary of the region, from which the Kreiss constant measures distances: a
  /// radius or 0.
  let boundary: Double
  /// The nodes of the hull in ascending order of their extents.
  private(set) var nodes: [Node] = []

  init(region: StabilityRegion, boundary: Double) {
    (self.region, self.boundary) = (region, boundary)
  }

  /// Adds upper bounds.
  mutating func insert(_ added: [Node]) {
    let candidates = (nodes + added.filter { $0.logNorm < .infinity })
      .sorted { ($0.extent, $0.logNorm) < ($1.extent, $1.logNorm) }
    var hull: [Node] = []
    for node in candidates {
      if hull.last?.extent == node.extent { continue }
      while hull.count >= 2 && !isConvex(hull[hull.count - 2], hull[hull.count - 1], node) {
        hull.removeLast()
      }
      hull.append(node)
    }
    nodes = hull
  }

  /// The coordinate in which ln M is convex, measured from the boundary so that differences near it
  /// have no cancellation.
  private func coordinate(_ extent: Double) -> Double {
    region == .unitDisk
      ? Double.log(onePlus: (extent - boundary) / boundary) : extent - boundary
  }

  private func slope(_ left: Node, _ right: Node) -> Double {
    (right.logNorm - left.logNorm) / (coordinate(right.extent) - coordinate(left.extent))
  }

  private func isConvex(_ left: Node, _ middle: Node, _ right: Node) -> Bool {
    slope(left, middle) < slope(middle, right)
  }

  /// Returns the largest value of ln((x − boundary)·M(x)) that the bounds permit up to the extent
  /// `end`, and where it is; −∞ if there is no interval.
  ///
  /// - Precondition: The first node is at the boundary, or else only extents from the first node on
  ///   count.
  func largest(upTo end: Double) -> Node {
    var result = Node(extent: boundary, logNorm: -.infinity)
    for (left, right) in zip(nodes, nodes.dropFirst()) where left.extent < end {
      let slope = slope(left, right)
      let extent = min(max(stationaryExtent(slope), left.extent), right.extent)
      let logNorm = left.logNorm + slope * (coordinate(extent) - coordinate(left.extent))
      // With the rounding errors of the logarithms and of the chord.
      let size = max(left.logNorm.magnitude, right.logNorm.magnitude)
      let value =
        Double.log(extent - boundary) + logNorm
        + 8 * Double.ulpOfOne * (1 + size + Double.log(extent - boundary).magnitude)
      if value > result.logNorm { result = Node(extent: extent, logNorm: value) }
    }
    return result
  }

  /// Returns the extent at which (x − boundary)·e^{slope·coordinate} is largest.
  private func stationaryExtent(_ slope: Double) -> Double {
    switch region {
    case .unitDisk: slope < -1 ? boundary * slope / (1 + slope) : .infinity
    case .leftHalfPlane: slope < 0 ? boundary - 1 / slope : .infinity
    }
  }
}
