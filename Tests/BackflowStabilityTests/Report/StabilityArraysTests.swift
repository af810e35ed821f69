import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The arrays of a stability report` {
  private func report() throws -> StabilityReport {
    var random = RandomSource(seed: 3)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    var options = Stability.Options()
    options.fixedPointStarts = 4
    return try Stability.report(
      of: network, along: random.normal([20, 2, 2]), options: options, using: &random)
  }

  private func arrays(_ report: StabilityReport) throws -> [String: Tensor<Double>] {
    Dictionary(
      uniqueKeysWithValues: try StabilityArrays(report: report).tensors.map { ($0.name, $0.tensor) }
    )
  }

  @Test func `have the documented names and shapes`() throws {
    let report = try report()
    let arrays = try arrays(report)
    let layer = report.layers[0]
    func shape(_ name: String) -> Shape? { arrays["weight_hh_l0." + name]?.shape }
    #expect(shape("jacobian") == [3, 3])
    #expect(shape("eigenvalues") == [3, 2])
    #expect(shape("right_eigenvectors") == [3, 3, 2])
    #expect(shape("left_eigenvectors") == [3, 3, 2])
    #expect(shape("exponents") == [3] && shape("standard_errors") == [3])
    let running = try #require(shape("running_steps"))[0]
    #expect(shape("running_exponents") == [running, 3])
    let lags = try #require(layer.horizon?.logNorms.count)
    #expect(shape("horizon_log_norms") == [lags])
    // The whole, the carried part, and three gates.
    #expect(shape("path_budget")?[1] == 5)
    for gate in ["r", "z", "n"] {
      #expect(shape("gate_\(gate).matrix") == [3, 3])
      #expect(shape("gate_\(gate).power_norms") == shape("gate_\(gate).power_log_norms"))
    }
    let points = try #require(layer.fixedPoints?.points.count)
    #expect(points > 0 && shape("fixed_points") == [points, 3])
  }

  @Test func `have eigenvectors of the Jacobian on both sides`() throws {
    let arrays = try arrays(report())
    let j = try #require(arrays["weight_hh_l0.jacobian"])
    let values = try #require(arrays["weight_hh_l0.eigenvalues"])
    let right = try #require(arrays["weight_hh_l0.right_eigenvectors"])
    let left = try #require(arrays["weight_hh_l0.left_eigenvectors"])
    func part(_ tensor: Tensor<Double>, _ index: Int) -> Tensor<Double> {
      tensor.select(index, axis: tensor.rank - 1)
    }
    let (a, b) = (part(values, 0), part(values, 1))
    let (x, y) = (part(right, 0), part(right, 1))
    let (u, v) = (part(left, 0), part(left, 1))
    let tolerance = Tolerance(Double.self, length: 3, scale: 1)
    // J(x + iy) = (x + iy)(a + ib), by columns.
    expectClose(matmul(j, x).elements, (x * a - y * b).elements, tolerance)
    expectClose(matmul(j, y).elements, (x * b + y * a).elements, tolerance)
    // Jᵀ(u + iv) = (u + iv)(a − ib).
    expectClose(matmul(j.transposed, u).elements, (u * a + v * b).elements, tolerance)
    expectClose(matmul(j.transposed, v).elements, (v * a - u * b).elements, tolerance)
  }

  @Test func `of a decoded report have the eigenvalues without the matrices`() throws {
    let whole = try report()
    let decoded = try JSONDecoder().decode(StabilityReport.self, from: JSONEncoder().encode(whole))
    let arrays = try arrays(decoded)
    #expect(arrays["weight_hh_l0.jacobian"] == nil)
    #expect(arrays["weight_hh_l0.gate_n.matrix"] == nil)
    #expect(arrays["weight_hh_l0.gate_n.eigenvalues"]?.shape == [3, 2])
    #expect(arrays["weight_hh_l0.exponents"] == (try self.arrays(whole))["weight_hh_l0.exponents"])
  }
}
