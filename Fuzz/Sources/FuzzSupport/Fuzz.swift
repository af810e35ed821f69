import CLibFuzzer

/// The function that libFuzzer calls with each input. It is a variable because a C function cannot
/// capture a closure.
nonisolated(unsafe) private var target: (UnsafeBufferPointer<UInt8>) -> Void = { _ in }

/// Gives control to libFuzzer, with the arguments of the program. Does not return before the end of
/// the process.
public func fuzz(_ body: @escaping (UnsafeBufferPointer<UInt8>) -> Void) {
  target = body
  var count = CommandLine.argc
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
  _ = LLVMFuzzerRunDriver(&count, &arguments) { start, count in
    target(UnsafeBufferPointer(start: start, count: Int(count)))
    return 0
  }
}
