internal import BackflowLayers

/// The positions of the nodes of a computational graph.
///
/// The column of a node is the length of the longest path to it, so that all edges point to the
/// right. The middle row has the shortest path from the first value to the last. Other computed
/// values are below it. Other inputs, such as parameters, are above their first use.
struct GraphLayout {
  /// The column of each node, from 0.
  let columns: [Int]
  /// The row of each node, 0 for the middle one, negative above.
  let rows: [Int]

  init(_ graph: ComputationalGraph) {
    let nodes = graph.nodes
    var columns: [Int] = []
    for node in nodes { columns.append((node.inputs.map { columns[$0] }.max() ?? -1) + 1) }
    for (place, node) in nodes.enumerated() where place > 0 && node.inputs.isEmpty {
      let use = nodes.firstIndex { $0.inputs.contains(place) }
      columns[place] = use.map { columns[$0] } ?? 0
    }

    let middle = Self.shortestWay(through: graph)
    var rows: [Int] = []
    var taken: Set<[Int]> = []
    for (place, node) in nodes.enumerated() {
      let isParameter = place > 0 && node.inputs.isEmpty
      var row = middle.contains(place) ? 0 : isParameter ? -1 : 1
      while !taken.insert([columns[place], row]).inserted { row += isParameter ? -1 : 1 }
      rows.append(row)
    }
    (self.columns, self.rows) = (columns, rows)
  }

  /// Returns the indices of the values on the shortest path from the first to the last.
  private static func shortestWay(through graph: ComputationalGraph) -> Set<Int> {
    var steps: [Int?] = []
    for (place, node) in graph.nodes.enumerated() {
      steps.append(place == 0 ? 0 : node.inputs.compactMap { steps[$0] }.min().map { $0 + 1 })
    }
    var way: Set<Int> = []
    var place: Int? = graph.nodes.indices.last
    while let here = place {
      way.insert(here)
      place = graph.nodes[here].inputs.filter { steps[$0] != nil }.min {
        (steps[$0] ?? 0) < (steps[$1] ?? 0)
      }
    }
    return way
  }
}
