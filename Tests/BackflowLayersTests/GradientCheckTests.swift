import Backflow
import Foundation
import Testing

@Suite struct `Every backward pass` {
  @Test(arguments: gradientCheckTable)
  func `agrees with finite differences`(row: GradientCheckRow) {
    var random = RandomSource(seed: 11)
    let check = GradientCheck(row.function(&random), using: &random)
    #expect(check.passes(tolerance: 1e-7), "\(row)\n\(check)")
  }

  @Test(arguments: gradientCheckTable)
  func `is rejected as soon as one of its gradients is wrong`(row: GradientCheckRow) {
    var random = RandomSource(seed: 11)
    let function = row.function(&random)
    let start = random
    for index in function.arguments.indices {
      for corruption in Corruption.allCases {
        var random = start
        let check = GradientCheck(function.corrupting(index, corruption), using: &random)
        let gradient = function.gradients(using: start)[index]
        // Where the gradient is zero throughout, a wrong factor makes no difference.
        if gradient.maxMagnitude() == 0 && corruption != .shift { continue }
        #expect(
          !check.passes(tolerance: 1e-7),
          "\(row): \(corruption) of the gradient by \(function.arguments[index].name) passed")
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
}

/// The names of all layers and losses that BackflowLayers declares, read from its sources.
private func differentiableNames() throws -> [String] {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Sources/BackflowLayers").standardized
  let files = try #require(
    FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
  let layer =
    #/(?:struct|extension) (\w+)(?:<[^{]*>)?: (?:[\w, ]*\b)?(?:Parameterless)?Layer(?:<\w+>)? \{/#
  let loss = #/public func (\w+)<[^{]*?-> \(loss: /#
  // What has another input than one tensor is no `Layer`, but has a backward pass all the same.
  let passes = #/(?:struct|extension) (\w+)[^{\n]*\{\n(?:(?!\}).*\n)*?  public func backward\(/#
  var names: [String] = []
  var protocols: Set<String> = []
  for case let file as URL in files where file.pathExtension == "swift" {
    let source = try String(contentsOf: file, encoding: .utf8)
    names += source.matches(of: layer).map { String($0.1) }
    names += source.matches(of: passes).map { String($0.1) }
    names += source.matches(of: loss).map { String($0.1) }
    protocols.formUnion(source.matches(of: #/public protocol (\w+)/#).map { String($0.1) })
  }
  return names.filter { !protocols.contains($0) }
}

/// The ways in which a hand-written gradient goes wrong.
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

extension DifferentiableFunction {
  fileprivate func corrupting(_ index: Int, _ corruption: Corruption) -> DifferentiableFunction {
    DifferentiableFunction(of: arguments, forward: forward) { values, outputGradient in
      var gradients = backward(values, outputGradient)
      gradients[index] = corruption.apply(to: gradients[index])
      return gradients
    }
  }

  /// The gradients for the output gradient that a check would draw from `random`.
  fileprivate func gradients(using random: RandomSource) -> [Tensor<Double>] {
    var random = random
    let values = arguments.map(\.value)
    return backward(values, random.normal(forward(values).shape))
  }
}
