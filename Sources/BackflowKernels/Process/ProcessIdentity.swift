#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What tells this process from others in the name of a file.
package enum ProcessIdentity {
  /// The number of the process.
  package static var number: Int { Int(getpid()) }

  /// The name of the machine, with a hyphen for everything but letters, digits, points and hyphens
  /// of ASCII, or `host` if it has none.
  package static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "host" }
    let bytes = name.prefix { $0 != 0 }.map { byte in
      let byte = UInt8(bitPattern: byte)
      let isPlain =
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
          true
        default: false
        }
      return isPlain ? byte : UInt8(ascii: "-")
    }
    return bytes.isEmpty ? "host" : String(decoding: bytes, as: UTF8.self)
  }
}

/// The time of day.
package enum WallClock {
  /// The number of seconds since the beginning of 1970 (UTC).
  package static var seconds: Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
