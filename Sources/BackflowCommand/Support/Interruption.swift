internal import Dispatch
internal import Foundation
internal import Synchronization

/// A flag for Ctrl-C, which a loop checks between steps, so that a write is never interrupted.
final class Interruption {
  private let flag = Flag()
  private let source: any DispatchSourceSignal

  init() {
    // The default action would terminate the process before the source receives the signal.
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [flag] in flag.raised.store(true, ordering: .relaxed) }
    source.resume()
  }

  deinit { end() }

  /// Lets Ctrl-C terminate the program again.
  func end() {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }

  /// Whether Ctrl-C has been pressed.
  var isRequested: Bool { flag.raised.load(ordering: .relaxed) }

  private final class Flag: Sendable {
    let raised = Atomic<Bool>(false)
  }
}
