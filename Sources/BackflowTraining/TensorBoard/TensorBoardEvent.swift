/// One event of an event file.
///
/// Source of the messages, fields and numbers: `event.proto`, `summary.proto` and
/// `histogram.proto` in `tensorboard/compat/proto` of TensorBoard 2.21.
package struct TensorBoardEvent {
  package enum Content {
    /// The version of the format, which a file begins with.
    case version
    /// The beginning of a process that continues at the step of the event.
    case start
    case scalar(Double, tag: String)
    case histogram(TensorBoardHistogram, tag: String)
  }

  let wallTime: Double
  let step: Int
  let content: Content

  package init(wallTime: Double, step: Int, _ content: Content) {
    (self.wallTime, self.step, self.content) = (wallTime, step, content)
  }

  /// The message `Event`.
  package var bytes: [UInt8] {
    var event = ProtobufMessage()
    event.add(wallTime, to: 1)
    // A reader takes a number that is missing for 0.
    if step != 0 { event.add(step, to: 2) }
    switch content {
    case .version: event.add("brain.Event:2", to: 3)
    case .start:
      // The message `SessionLog`, whose status 1 is START.
      var session = ProtobufMessage()
      session.add(1, to: 1)
      event.add(session, to: 7)
    case .scalar(let number, let tag):
      event.add(summary(tag) { $0.add(Float(number), to: 2) }, to: 5)
    case .histogram(let histogram, let tag):
      event.add(summary(tag) { $0.add(histogram.message, to: 5) }, to: 5)
    }
    return event.bytes
  }

  /// Returns a message `Summary` with one `Summary.Value`.
  private func summary(_ tag: String, _ add: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
    var (summary, value) = (ProtobufMessage(), ProtobufMessage())
    value.add(tag, to: 1)
    add(&value)
    summary.add(value, to: 1)
    return summary
  }
}

extension TensorBoardHistogram {
  /// The message `HistogramProto`.
  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    for (field, number) in [minimum, maximum, Double(count), sum, sumOfSquares].enumerated() {
      message.add(number, to: UInt64(field + 1))
    }
    message.add(buckets.map(\.limit), to: 6)
    message.add(buckets.map { Double($0.count) }, to: 7)
    return message
  }
}
