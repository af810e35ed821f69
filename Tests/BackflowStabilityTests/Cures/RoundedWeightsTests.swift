import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Rounding weights` {
  private func rounded(_ precision: WeightPrecision, _ values: [Double]) -> [Double] {
    precision.round(Tensor(values)).elements
  }

  private let ulp = Double.ulpOfOne

  // Ties, the ends of the range, and subnormal numbers of binary16.
  @Test func `to binary16 is exact`() {
    let tiny = Foundation.scalbn(1.0, -24)
    let cases: [(Double, Double)] = [
      (0, 0), (1, 1), (-1.0 / 3, -0.333_251_953_125), (Double.pi, 3.140_625),
      (1 + 1.0 / 2048, 1), (1 + 3.0 / 2048, 1 + 2.0 / 1024),
      (1 + 1.0 / 2048 + 1e-12, 1 + 1.0 / 1024),
      (65504, 65504), (65519.999, 65504), (65520, .infinity), (-1e300, -.infinity),
      (tiny, tiny), (tiny / 2, 0), (tiny / 2 * (1 + ulp), tiny), (1.5 * tiny, 2 * tiny),
      (1023.7 * tiny, 1024 * tiny), (1e-300, 0),
    ]
    #expect(rounded(.float16, cases.map(\.0)) == cases.map(\.1))
    #expect(rounded(.float16, [-0.0])[0].sign == .minus)
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func `to binary16 agrees with Float16`() {
      var random = RandomSource(seed: 1)
      let values = (0..<4000).map { _ -> Double in
        let exponent = Double.random(in: -28...17, using: &random)
        return Double.random(in: -1...1, using: &random) * Foundation.exp2(exponent)
      }
      #expect(rounded(.float16, values) == values.map { Double(Float16($0)) })
    }
  #endif

  @Test func `to bfloat16 is exact`() {
    let largest = Double(Float(bitPattern: 0x7F7F_0000))
    let tiny = Foundation.scalbn(1.0, -133)
    let cases: [(Double, Double)] = [
      (1.0 / 3, 0.333_984_375), (Double.pi, 3.140_625), (0.1, 0.100_097_656_25),
      (1 + 1.0 / 256, 1), (1 + 3.0 / 256, 1 + 4.0 / 256), (1 + (1 + 1e-9) / 256, 1 + 2.0 / 256),
      (largest, largest), (Double(Float.greatestFiniteMagnitude), .infinity),
      (tiny, tiny), (tiny / 2, 0), (2.5 * tiny, 2 * tiny), (3.5 * tiny, 4 * tiny),
    ]
    #expect(rounded(.bfloat16, cases.map(\.0)) == cases.map(\.1))
  }

  // A scale of 1 for a tensor whose largest element is 127.
  @Test func `to integers has one scale for each tensor or row`() {
    let weight = Tensor<Double>(rows: [
      [127, 2.5, 3.5, -0.4], [-12.7, 0.26, 0.04, 0], [0, 0, 0, 0],
    ])
    #expect(
      WeightPrecision.int8.round(weight).elements == [127, 2, 4, 0, -13, 0, 0, 0, 0, 0, 0, 0])
    expectClose(
      WeightPrecision.int8PerRow.round(weight).elements,
      [127, 2, 4, 0, -12.7, 0.3, 0, 0, 0, 0, 0, 0], Tolerance(Double.self, length: 1, scale: 12.7))
  }

  @Test(arguments: WeightPrecision.allCases)
  func `moves no weight by more than half a unit and keeps the biases`(
    precision: WeightPrecision
  ) throws {
    var random = RandomSource(seed: 2)
    let cell = GRUCell<Double>(inputSize: 3, hiddenSize: 8, using: &random)
    let changed = try cell.roundingWeights(to: precision)
    expectChange(from: cell, to: changed, only: ["weight_ih", "weight_hh"])
    for (before, after) in [
      (cell.weights.input, changed.weights.input),
      (cell.weights.recurrent, changed.weights.recurrent),
    ] {
      let bound: Double
      switch precision {
      case .int8, .int8PerRow: bound = before.maxMagnitude() / 254
      case .float16: bound = before.maxMagnitude() / 2048
      case .bfloat16: bound = before.maxMagnitude() / 256
      }
      #expect((after - before).maxMagnitude() <= bound * (1 + 1e-12))
      // Rounded numbers stay as they are, up to the rounding of the scale.
      expectClose(
        precision.round(after).elements, after.elements, Tolerance(Double.self, length: 1, scale: 1)
      )
    }
  }

  @Test func `reports how far the figures move`() throws {
    var random = RandomSource(seed: 3)
    let cell = LSTMCell<Double>(inputSize: 2, hiddenSize: 6, using: &random)
    let recurrence = CellRecurrence(cell, reading: random.normal([60, 2]))
    var errors: [WeightPrecision: Double] = [:]
    for precision in WeightPrecision.allCases {
      let report = try RoundedWeights(of: recurrence, to: precision, using: &random)
      let rounded = try cell.roundingWeights(to: precision).weights.recurrent
      let exact = cell.weights.recurrent
      #expect(report.recurrentError == (rounded - exact).norm() / exact.norm())
      expectClose(
        report.comparison.after.spectralRadii,
        try (0..<4).map { try spectralRadius(of: rounded[$0 * 6..<($0 + 1) * 6]) },
        Tolerance(Double.self, length: 6, scale: 1))
      let (before, after) = (
        report.comparison.before.trajectory, report.comparison.after.trajectory
      )
      let move = try #require(after).exponent - #require(before).exponent
      // To first order λ₁ moves by as much as a Jacobian.
      #expect(abs(move) < 20 * (report.recurrentError + report.inputError))
      #expect(report.description.hasPrefix("weights in \(precision.rawValue) (W_ih off by "))
      let data = try JSONEncoder().encode(report)
      #expect(try JSONDecoder().decode(RoundedWeights.self, from: data) == report)
      errors[precision] = report.recurrentError
    }
    let int8 = try #require(errors[.int8])
    #expect(try #require(errors[.int8PerRow]) < int8)
    #expect(try #require(errors[.float16]) < 0.1 * int8)
  }

  @Test func `is refused for numbers beyond the range`() throws {
    let cell = autonomousCell(Tensor(rows: [[1e6]]))
    #expect(throws: CureError.doesNotFit(parameter: "weight_hh", value: 1e6, .float16)) {
      try cell.roundingWeights(to: .float16)
    }
    _ = try cell.roundingWeights(to: .bfloat16)
    for precision in WeightPrecision.allCases {
      #expect(throws: CureError.notFinite("weight_hh")) {
        try autonomousCell(Tensor(rows: [[.nan]])).roundingWeights(to: precision)
      }
    }
  }
}
