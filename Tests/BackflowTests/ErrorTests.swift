import Backflow
import Foundation
import Testing

@Suite struct `Every error of the library` {
  /// At least one value of each public error type, and all cases of the enumerations.
  private static let errors: [any Error] =
    lapack + stability + cures + networks + requests + optimizers

  private static let lapack: [LAPACKError] =
    [
      .nonFiniteEntry(of: "matrix", row: 1, column: 0, value: .nan),
      .overflow(routine: "dgesdd"), .singular(pivot: 3), .notPositiveDefinite(order: 2),
      .illegalArgument(routine: "dgeev", position: 5), .outOfMemory(routine: "dgeev"),
    ]
    + [.eigenvalues(first: 2, total: 4), .offDiagonals(1), .submatrix(first: 0, last: 2)].map {
      .noConvergence(routine: "dsyevd", $0)
    } + [.noConvergence(routine: "dgesdd", .singularValues)]

  private static let stability: [StabilityError] = [
    .notSquare([2, 3]), .slopeBoundNotPositive(-1), .noTrajectory("there are no samples"),
    .linearAlgebra(.singular(pivot: 0)), .negativeSteps(-1), .stepsNotPositive(0),
    .samplesNotPositive(0), .exponentCount(3, stateSize: 2), .notFinite("the input"),
    .inputBoundInvalid(-1), .leakNotPositive(0), .factorOutOfRange(2), .epsilonNotPositive(0),
    .mapNotFinite("a weight is NaN"), .periodNotPositive(0), .durationNotPositive(0),
    .notRounded("a weight is beyond the range"),
  ]

  private static let cures: [any Error] =
    [
      CureError.noSuchGate(4, count: 4), .notFinite("the input"), .noBias,
      .notPositive(quantity: "spectral radius", -1), .noKeepingGate("other"),
      .wantedNotFinite(quantity: "λ₁", .nan), .radiusNotResolved(gate: 0, bound: 1e-16),
      .outOfReach(quantity: "λ₁", wanted: 1, reached: -2...0),
      .jumps(quantity: "λ₁", wanted: 1, between: 0...2), .stability(.samplesNotPositive(0)),
      .doesNotFit(parameter: "weight_hh", value: 1e9, .float16), .singularStep(3),
    ]
    + [
      SharpnessError.noParameters, .nonFiniteParameter(name: "weight", count: 2),
      .nonFiniteGradient(parameter: "weight", count: 1), .linearAlgebra(.singular(pivot: 0)),
    ]

  private static let networks: [RecurrentNetworkError] = [
    .noRecurrentLayer(count: 2, misfits: []), .noSuchLayer("rnn", layers: ["lstm"]),
    .missingInputWeight(beside: "weight_hh_l0", expected: "[4, inputs]"),
    .mismatch(tensor: "bias_hh_l0", shape: [3], expected: "[4]"),
    .incomplete(network: "rnn", layers: ["weight_hh_l1"]),
    .notFinite(tensor: "weight_hh_l0", element: [0, 1], value: .nan),
    .inputFeatures(input: "x.npy", 3, weight: "weight_ih_l0", expected: 2),
    .lengthOutOfRange(tensor: "n.npy", index: 0, value: 2.5, steps: 2),
    .noSuchInput("x", in: "x.npz", tensors: ["y"]),
    .inapplicable(option: "--leak", reason: "there is no vanilla layer"),
    .unanalyzed(network: "rnn", .samplesNotPositive(0)),
  ]

  private static let requests: [RequestError] = [
    .shape(layer: "Dense", found: [2], expected: "[..., 3]"),
    .notFinite(value: .nan, index: [0, 1]), .lengths([3], time: 2, batch: 1),
    .state(index: 0, found: [1], expected: [1, 2]), .stateCount(found: 1, expected: 2),
    .index(5, position: 0, count: 5), .notAnIndex(value: 0.5, position: 1, count: 5),
  ]

  private static let optimizers: [any Error] =
    [
      GradientClippingError.nonFiniteGradient(parameter: "weight", count: 2),
      GradientClippingError.limitNotPositive(0),
    ]
    + [
      OptimizerStateError.otherTensors(expected: ["a"], found: ["b"]),
      .otherShape(name: "a", expected: [1], found: [2]), .stepOutOfRange(-1),
    ]
    + [
      ScheduleStateError.otherNames(expected: ["best"], found: ["wait"]),
      .otherShape(name: "best", found: [2]), .outOfRange(name: "wait", value: -1),
    ]

  /// Errors that can only be obtained from a failure.
  private func thrownErrors() -> [any Error] {
    let attempts: [() throws -> Void] = [
      { _ = try NPY.read("/nowhere/w.npy") as Tensor<Float> }, { _ = try Digits.decode([1]) },
      { _ = try DataTable(csvText: "a,b\n1\n") }, divergence,
      { _ = try TensorBoardLog(in: "/dev/null/runs") },
    ]
    return attempts.compactMap { attempt in
      do {
        try attempt()
        return nil
      } catch {
        return error
      }
    }
  }

  private func divergence() throws {
    let model = Dense<Float>(weight: .ones([1, 1]))
    let data = TrainingData(
      Tensor<Float>(rows: [[.nan]]), Tensor<Float>(rows: [[1]]), Batches(count: 1, size: 1))
    var trainer = Trainer(model, on: data, optimizer: SGD(for: model, learningRate: 1)) {
      meanSquaredError($0, $1)
    }
    try trainer.fit(epochs: 1)
  }

  @Test func `has its description as its localized description`() {
    for error in Self.errors + thrownErrors() {
      #expect(error.localizedDescription == "\(error)")
      #expect(!"\(error)".isEmpty && !"\(error)".contains("\n"))
      #expect(error is any BackflowError)
      #expect((error as? any LocalizedError)?.errorDescription == "\(error)")
    }
  }

  @Test func `is tested above`() throws {
    let sources = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources")
    let files = try #require(
      FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    let declaration = /public\s+(?:final\s+)?(?:struct|enum|class|actor)\s+(\w+)\s*:[^{]*?Error\b/
    var declared: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      declared.formUnion(text.matches(of: declaration).map { String($0.output.1) })
    }
    let tried = Set((Self.errors + thrownErrors()).map { "\(type(of: $0))" })
    #expect(tried.count >= 6)
    #expect(declared == tried)
  }
}
