#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Double {
  /// The number rounded to `decimals` digits behind the point: C's `%.*f`, in every locale with a point.
  package func text(decimals: Int) -> String { text("%.*f", decimals) }

  /// The number rounded to `significantDigits`, without zeros at the end and with an exponent where
  /// that is shorter: C's `%.*g`, in every locale with a point.
  package func text(significantDigits: Int) -> String { text("%.*g", significantDigits) }

  private func text(_ format: String, _ precision: Int) -> String {
    let previous = unsafe uselocale(pointLocale)
    defer { _ = unsafe uselocale(previous) }
    // Room for every number but a very large one with decimals.
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

/// Numbers as in the locale "C", whatever the program has set.
private nonisolated(unsafe) let pointLocale = unsafe newlocale(LC_NUMERIC_MASK, "C", nil)
