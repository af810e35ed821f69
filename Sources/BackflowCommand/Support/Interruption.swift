internal import BackflowConsole
internal import Dispatch
internal import Foundation
internal import Synchronization

/// A flag for Ctrl-C and for SIGTERM, which a loop checks between steps, so that it ends where it
/// can be continued. A second signal ends the program at once, which loses nothing that was saved.
final class Interruption {
  private static let signals = [SIGINT, SIGTERM]
  private let flag = Flag()
  private let sources: [any DispatchSourceSignal]

  init() {
    sources = Self.signals.map { number in
      // The default action would terminate the process before the source receives the signal.
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for (number, source) in zip(Self.signals, sources) {
      source.setEventHandler { [flag] in
        if flag.number.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        complain("stopping after this update; a second signal ends the program at once")
      }
      source.resume()
    }
  }

  deinit { end() }

  /// Lets the signals terminate the program again.
  func end() {
    for (number, source) in zip(Self.signals, sources) {
      source.cancel()
      signal(number, SIG_DFL)
    }
  }

  /// Whether a signal has arrived.
  var isRequested: Bool { flag.number.load(ordering: .relaxed) != 0 }

  /// The exit code of a program that a signal has ended.
  var exitCode: Int32 { 128 + flag.number.load(ordering: .relaxed) }

  private final class Flag: Sendable {
    let number = Atomic<Int32>(0)
  }
}
