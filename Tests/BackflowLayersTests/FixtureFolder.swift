import Backflow
import Foundation
import TestSupport
import Testing

/// A folder of results of PyTorch in Fixtures, written by a script in scripts/fixtures.
struct FixtureFolder {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")
  private let folder: URL

  init(_ path: String) { folder = Self.root.appendingPathComponent(path) }

  /// Returns the cases in the folder of a kind.
  static func cases(of kind: String) throws -> Set<String> {
    try Set(FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(kind).path))
  }

  /// Returns the text between `prefix` and ".npy" in the names of the files.
  func names(_ prefix: String) throws -> Set<String> {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return Set(
      files.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count).dropLast(4)) })
  }

  func tensor(_ name: String) throws -> Tensor<Double> {
    try NPY.read(folder.appendingPathComponent(name + ".npy").path)
  }

  func labels(_ name: String) throws -> [Int] { try tensor(name).elements.map { Int($0) } }

  /// Expects that `actual` differs from the tensor of that name by at most 1e-10 of its largest
  /// element, or of `smallest` if that is larger.
  func expect(
    _ actual: Tensor<Double>, is name: String, _ what: String = "",
    scaleAtLeast smallest: Double = .leastNormalMagnitude
  ) throws {
    let expected = try tensor(name)
    #expect(actual.shape == expected.shape, "\(folder.lastPathComponent), \(name) \(what)")
    // If all elements are 0, the actual ones must be exactly 0.
    let scale = max(expected.maxMagnitude(), smallest)
    expectClose(
      actual.elements, expected.elements, Tolerance(1e-10 * scale, scale: scale),
      "\(folder.lastPathComponent), \(name) \(what)")
  }
}
