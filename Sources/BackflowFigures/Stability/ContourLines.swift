internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The lines along which a function on a rectangular grid has a given value, by marching squares.
struct ContourLines {
  /// A position in the plane of the grid.
  typealias Point = (x: Double, y: Double)

  /// The lines: from boundary to boundary, or closed with equal ends.
  let lines: [[Point]]

  /// Traces the lines.
  ///
  /// - Parameters:
  ///   - level: The value.
  ///   - values: The function at the points, [y, x]; −∞ is permitted.
  ///   - x: The ascending positions of the columns.
  ///   - y: The ascending positions of the rows.
  init(at level: Double, of values: Tensor<Double>, x: [Double], y: [Double]) {
    let grid = Grid(values: values.elements, level: level, x: x, y: y)
    var neighbors: [Edge: [Edge]] = [:]
    for row in 0..<(y.count - 1) {
      for column in 0..<(x.count - 1) {
        for (from, to) in grid.segments(row, column) {
          neighbors[from, default: []].append(to)
          neighbors[to, default: []].append(from)
        }
      }
    }
    var (lines, visited) = ([[Point]](), Set<Edge>())
    // Lines that end at the boundary are traced from there, and closed lines from anywhere.
    let starts = neighbors.keys.sorted {
      (neighbors[$0]?.count ?? 0, $0.row, $0.column, $0.isVertical ? 1 : 0)
        < (neighbors[$1]?.count ?? 0, $1.row, $1.column, $1.isVertical ? 1 : 0)
    }
    for start in starts where !visited.contains(start) {
      var (path, current) = ([Point](), Optional(start))
      let isClosed = neighbors[start]?.count == 2
      while let edge = current {
        visited.insert(edge)
        path.append(grid.crossing(edge))
        current = neighbors[edge]?.first { !visited.contains($0) }
      }
      if isClosed, let first = path.first { path.append(first) }
      lines.append(path)
    }
    self.lines = lines
  }

  /// The edge from a point of the grid to the next in its row, or in its column if it is vertical.
  private struct Edge: Hashable {
    let row, column: Int
    let isVertical: Bool
  }

  private struct Grid {
    let values: [Double]
    let level: Double
    let x, y: [Double]

    private func value(_ row: Int, _ column: Int) -> Double { values[row * x.count + column] }

    /// The segments of the line in one cell, each between two edges of the cell.
    func segments(_ row: Int, _ column: Int) -> [(Edge, Edge)] {
      let corners = [
        value(row, column), value(row, column + 1), value(row + 1, column + 1),
        value(row + 1, column),
      ]
      // The edges in order around the cell, edge i from corner i to corner i + 1.
      let edges = [
        Edge(row: row, column: column, isVertical: false),
        Edge(row: row, column: column + 1, isVertical: true),
        Edge(row: row + 1, column: column, isVertical: false),
        Edge(row: row, column: column, isVertical: true),
      ]
      let isInside = corners.map { $0 <= level }
      let crossed = (0..<4).filter { isInside[$0] != isInside[($0 + 1) % 4] }
      guard crossed.count == 4 else {
        return crossed.count == 2 ? [(edges[crossed[0]], edges[crossed[1]])] : []
      }
      // A saddle: the mean tells which two opposite corners are connected.
      let isCenterInside = corners.reduce(0, +) / 4 <= level
      return isCenterInside == isInside[0]
        ? [(edges[0], edges[1]), (edges[2], edges[3])]
        : [(edges[3], edges[0]), (edges[1], edges[2])]
    }

    /// The point of an edge at which the interpolated function has the value.
    func crossing(_ edge: Edge) -> Point {
      let (row, column) = (edge.row, edge.column)
      let next = edge.isVertical ? (row + 1, column) : (row, column + 1)
      // Far below the level, only the direction counts, so that −∞ is as good as a number.
      let (a, b) = (
        max(value(row, column), level - 2), max(value(next.0, next.1), level - 2)
      )
      let share = a == b ? 0.5 : (level - a) / (b - a)
      return edge.isVertical
        ? (x[column], y[row] + share * (y[row + 1] - y[row]))
        : (x[column] + share * (x[column + 1] - x[column]), y[row])
    }
  }
}
