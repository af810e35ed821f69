#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Starts a thread that runs `body` and receives no signals, and returns whether the system could
/// start it.
@discardableResult
func startThread(_ body: @escaping @Sendable () -> Never) -> Bool {
  let argument = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
  var (all, previous) = (sigset_t(), sigset_t())
  unsafe sigfillset(&all)
  unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
  defer { unsafe pthread_sigmask(SIG_SETMASK, &previous, nil) }
  #if canImport(Darwin)
    var thread: pthread_t?
    let failure = unsafe pthread_create(&thread, nil, { unsafe runThread($0) }, argument)
  #else
    var thread = pthread_t()
    let failure = unsafe pthread_create(
      &thread, nil, { unsafe $0.flatMap { unsafe runThread($0) } }, argument)
  #endif
  if failure != 0 { unsafe Unmanaged<ThreadBody>.fromOpaque(argument).release() }
  return failure == 0
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Never

  init(_ run: @escaping @Sendable () -> Never) { self.run = run }
}

private func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
  unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
}
