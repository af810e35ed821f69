import BackflowKernels
import Foundation
import TestSupport
import Testing

@Suite struct `Numbers as text` {
  private let numbers: [Double] =
    [
      0, -0.0, 1, -1, 0.5, 1.5, 2.5, 0.05, 0.125, 0.15, 9.9995, 99.95, 999.5, 123_456, 1_234_567,
      1e-5, 1e-4, 2.4e-8, .pi, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
      .leastNonzeroMagnitude, .leastNormalMagnitude, 1e22, 1e100,
    ]
    + samples(200, seed: 9, as: Double.self).enumerated().map { $1 * pow(10, Double($0 % 40 - 20)) }

  // Foundation's formatting is the reference.
  @Test func `have the same digits as in C`() {
    for number in numbers {
      for digits in [0, 1, 2, 3, 4, 6, 17, 30] {
        #expect(number.text(decimals: digits) == String(format: "%.\(digits)f", number))
        #expect(number.text(significantDigits: digits) == String(format: "%.\(digits)g", number))
      }
    }
  }

  @Test(.enabled(if: CommaLocale.canBeMade, "needs localedef and the sources of locales"))
  func `have a point in every locale`() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        #expect(CommaLocale.make(in: folder.path))
        setenv("LOCPATH", folder.path, 1)
        #expect(setlocale(LC_ALL, CommaLocale.name) != nil)
        #expect(unsafe String(cString: localeconv().pointee.decimal_point) == ",")
        #expect(1.5.text(decimals: 1) == "1.5")
        #expect(1.5.text(significantDigits: 3) == "1.5")
      }
    }
  }
}

/// A locale with a decimal comma, created for the test: a machine may have none.
private enum CommaLocale {
  static let name = "de_DE.UTF-8"

  static let canBeMade = (try? withTemporaryFolder { make(in: $0.path) }) ?? false

  static func make(in folder: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["localedef", "-i", "de_DE", "-f", "UTF-8", folder + "/" + name]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
