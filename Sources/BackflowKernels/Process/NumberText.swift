#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Double {
  /// Returns the number rounded to `decimals` decimal places: C's `%.*f`, with a point in every
  /// locale.
  package func text(decimals: Int) -> String { text("%.*f", decimals) }

  /// Returns the number rounded to `significantDigits`, without trailing zeros, and with an
  /// exponent if that is shorter: C's `%.*g`, with a point in every locale.
  package func text(significantDigits: Int) -> String { text("%.*g", significantDigits) }

  private func text(_ format: String, _ precision: Int) -> String {
    let previous = unsafe uselocale(pointLocale)
    defer { _ = unsafe uselocale(previous) }
    // Sufficient for all numbers except very large ones with decimal places.
    var bytes = [CChar](repeating: 0, count: 64)
    func print() -> Int {
      unsafe withVaList([Int32(precision), self]) { arguments in
        unsafe bytes.withUnsafeMutableBufferPointer { buffer in
          Int(unsafe vsnprintf(buffer.baseAddress, buffer.count, format, arguments))
        }
      }
    }
    var length = print()
    if length >= bytes.count {
      bytes = [CChar](repeating: 0, count: length + 1)
      length = print()
    }
    return String(decoding: bytes.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The locale "C", independent of the program's settings.
private nonisolated(unsafe) let pointLocale = unsafe newlocale(LC_NUMERIC_MASK, "C", nil)
