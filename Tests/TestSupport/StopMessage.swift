import Testing

/// The standard error of a stopped exit test, in which the shapes are searched.
public func stopMessage(_ result: ExitTest.Result?) -> String {
  result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
}
