import Backflow
import Foundation
import Testing

@Suite struct `Every backward pass` {
  // One check of a row is used for two expectations, because finite differences are slow.
  @Test(arguments: gradientCheckTable)
  func `agrees with finite differences, and would not if one gradient were wrong`(
    row: GradientCheckRow
  ) {
    var random = RandomSource(seed: 11)
    let check = GradientCheck(row.function(&random), using: &random)
    #expect(check.passes(tolerance: 1e-7), "\(row)\n\(check)")

    for index in check.analytic.indices where check.analytic[index].count > 0 {
      for corruption in Corruption.allCases {
        // If all gradients are zero, a wrong factor has no effect.
        if check.analytic[index].maxMagnitude() == 0 && corruption != .shift { continue }
        var gradients = check.analytic
        gradients[index] = corruption.apply(to: gradients[index])
        #expect(
          !check.comparing(gradients).passes(tolerance: 1e-7),
          "\(row): \(corruption) of the gradient with respect to \(check.comparisons[index].name) passed"
        )
      }
    }
  }

  @Test func `has a row in the table`() throws {
    let covered = Set(gradientCheckTable.map(\.subject))
    let subjects = try Set(differentiableNames())
    #expect(!subjects.isEmpty)
    #expect(subjects.subtracting(covered) == [], "without a row in GradientCheckTable.swift")
    #expect(covered.subtracting(subjects) == [], "rows for what is not in BackflowLayers")
  }

  @Test func `of a loss has rows for every reduction`() throws {
    let reduced = try Set(names(matching: #/public func (\w+)<[^{]*?-> \(loss: /#))
    let perSample = try Set(names(matching: #/public func (\w+)<[^{]*?-> SampleLosses</#))
    #expect(!reduced.isEmpty)
    #expect(reduced == perSample)
    for loss in reduced {
      for reduction in ["mean", "sum", "per sample"] {
        #expect(
          gradientCheckTable.contains { $0.subject == loss && $0.shapes.hasSuffix(reduction) },
          "\(loss), \(reduction)")
      }
    }
  }
}

/// The names of all layers and losses in the sources of BackflowLayers, and of the functions with a
/// backward pass.
private func differentiableNames() throws -> [String] {
  let layer =
    #/(?m)^(?:public )?(?:struct|extension) (\w+)(?:<\w+: \w+>)?:\s[^{]*\b(?:Parameterless)?Layer\b[^{]*\{/#
  let loss = #/public func (\w+)<[^{]*?-> (?:\(loss: |SampleLosses<)/#
  // Types with other inputs than one tensor have a backward pass, but do not conform to `Layer`.
  let passes = #/(?:struct|extension) (\w+)[^{\n]*\{\n(?:(?!\}).*\n)*?  public func backward\(/#
  let pair = #/public func (\w+)Backward</#
  // The rows of a cell check it inside `Recurrent`.
  let cell =
    #/(?m)^(?:public )?(?:struct|extension) (\w+)(?:<\w+: \w+>)?:\s[^{]*\bRecurrentCell\b[^{]*\{/#
  let excluded = try Set(names(matching: #/public protocol (\w+)/#) + ["Recurrent"])
  return try [layer, loss, passes, pair, cell].flatMap(names).filter { !excluded.contains($0) }
}

/// Returns the matches of the first group of `pattern` in the sources of BackflowLayers.
private func names(matching pattern: Regex<(Substring, Substring)>) throws -> [String] {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Sources/BackflowLayers").standardized
  let files = try #require(
    FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
  return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    .flatMap { file in
      try String(contentsOf: file, encoding: .utf8).matches(of: pattern).map { String($0.1) }
    }
}

/// Typical errors of hand-written gradients.
private enum Corruption: CaseIterable {
  case wrongSign, wrongFactor, oneElement, shift

  func apply(to gradient: Tensor<Double>) -> Tensor<Double> {
    switch self {
    case .wrongSign: return -gradient
    case .wrongFactor: return gradient * 1.000_01
    case .shift: return gradient + max(gradient.maxMagnitude(), 1e-3) * 1e-3
    case .oneElement:
      var elements = gradient.elements
      let largest = gradient.magnitude.argmax()
      elements[largest] *= 0.999
      return Tensor(elements, shape: gradient.shape)
    }
  }
}
