import Foundation
import Testing

@Suite struct `The page on the lessons` {
  private let root: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return folder
  }()

  /// The lines of a text without indentation and empty lines.
  private func lines(_ text: some StringProtocol) -> [String] {
    text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }

  @Test func `shows code that is in the sources`() throws {
    let page = try String(
      contentsOf: root.appendingPathComponent("docs/lessons.md"), encoding: .utf8)
    let folder = root.appendingPathComponent("Sources").resolvingSymlinksInPath()
    var sources: [[String]] = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where name.hasPrefix("BackflowL") && name.hasSuffix(".swift") {
      let file = folder.appendingPathComponent(name)
      sources.append(lines(try String(contentsOf: file, encoding: .utf8)))
    }
    let blocks = page.matches(of: /```swift\n((?:(?!```).*\n)*)```/)
    #expect(blocks.count == 6)
    for block in blocks {
      // Parts of a block that are not neighbors in the source are separated by an empty line.
      for part in String(block.1).components(separatedBy: "\n\n") {
        let wanted = lines(part)
        let isThere = sources.contains { source in
          source.indices.contains { source[$0...].starts(with: wanted) }
        }
        #expect(isThere, "\(part)")
      }
    }
  }

  @Test func `shows the figures that exist`() throws {
    let page = try String(
      contentsOf: root.appendingPathComponent("docs/lessons.md"), encoding: .utf8)
    let shown = page.matches(of: /\(lessons\/([a-z-]+\.svg)\)/).map { String($0.1) }
    let files = try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("docs/lessons").path)
    #expect(shown.sorted() == files.sorted())
  }
}
