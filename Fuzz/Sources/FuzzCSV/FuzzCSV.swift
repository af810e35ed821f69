import Backflow
import Foundation
import FuzzSupport

@main struct FuzzCSV {
  static func main() {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("fuzz-\(ProcessInfo.processInfo.processIdentifier).csv")
    fuzz { bytes in
      // A file, because only files may have bytes that are not UTF-8.
      guard FileManager.default.createFile(atPath: file.path, contents: Data(bytes)) else { return }
      for separator in [",", ";"] as [Character] {
        guard let table = try? DataTable(csv: file.path, CSVFormat(separator: separator)) else {
          continue
        }
        for name in table.columnNames { _ = try? table.texts(name) }
        let encoder = try? TableEncoder<Float>(
          fitting: table, unknown: .zeros, missingNumbers: .mean, missingTexts: .mostFrequent)
        if let encoder { _ = try? encoder.encode(table) }
      }
    }
  }
}
