import Testing

/// What a stopped exit test wrote to standard error, to look for the shapes in.
public func stopMessage(_ result: ExitTest.Result?) -> String {
  result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
}
