import Backflow
import Testing

@Suite struct `A figure of a computational graph` {
  private func graph() -> ComputationalGraph {
    var random = RandomSource(seed: 5)
    let layer = StagedBatchNorm(BatchNorm<Double>(channels: 3))
    let (_, stages) = layer.forward(random.normal([6, 3]))
    return layer.graph(random.normal([6, 3]), stages)
  }

  @Test func `has a circle for each value and two arrows for each use`() throws {
    let graph = graph()
    let svg = GraphFigure(graph, title: "a < b", notes: ["a note"]).svg
    let names = try elements(svg)
    let uses = graph.nodes.reduce(0) { $0 + $1.inputs.count }
    #expect(names.count { $0 == "circle" } == graph.nodes.count)
    // Each arrow has a head, and so do the arrows of the output and of the legend.
    #expect(names.count { $0 == "polygon" } == 2 * (uses + 2))
    #expect(svg.contains("a &lt; b") && svg.contains("a note"))
    for node in graph.nodes { #expect(svg.contains(">\(node.name)</text>")) }
  }

  @Test func `has values apart, and arrows that point to the right or down`() throws {
    let svg = GraphFigure(graph(), title: "").svg
    let centers = svg.matches(of: /<circle cx="([\d.]+)" cy="([\d.]+)" r="25"/).map {
      (x: Double($0.1) ?? .nan, y: Double($0.2) ?? .nan)
    }
    #expect(centers.count == 12)
    for (place, center) in centers.enumerated() {
      for other in centers[(place + 1)...] {
        #expect(max(abs(center.x - other.x), abs(center.y - other.y)) > 100)
      }
      for input in graph().nodes[place].inputs {
        let from = centers[input]
        #expect(from.x < center.x || (from.x == center.x && from.y < center.y))
      }
    }
  }

  @Test func `draws values in black and gradients in red`() {
    let node = ComputationalGraph.Node(
      "b", operation: "double", inputs: [0], shape: [1], forwardNorm: 2.5, backwardNorm: 0.75,
      inputGradientNorms: [1.5])
    let start = ComputationalGraph.Node(
      "a", operation: "", inputs: [], shape: [1], forwardNorm: 1.25, backwardNorm: 1.5,
      inputGradientNorms: [])
    let svg = GraphFigure(ComputationalGraph(nodes: [start, node]), title: "").svg
    for (number, color) in [("1.25", "#222222"), ("1.5", "#d1495b"), ("0.75", "#d1495b")] {
      #expect(
        svg.contains("fill=\"\(color)\" text-anchor=\"middle\">\(number)</text>"), "\(number)")
    }
  }
}
