internal import Dispatch
internal import Foundation
internal import Synchronization

/// Turns Ctrl-C into a question that a loop asks between steps, so that whatever is being written
/// is finished or was never begun.
final class Interruption {
  private let flag = Flag()
  private let source: any DispatchSourceSignal

  init() {
    // The default action would end the process before the source hears of the signal.
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [flag] in flag.raised.store(true, ordering: .relaxed) }
    source.resume()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }

  /// Whether Ctrl-C was pressed since the start.
  var isRequested: Bool { flag.raised.load(ordering: .relaxed) }

  private final class Flag: Sendable {
    let raised = Atomic<Bool>(false)
  }
}
