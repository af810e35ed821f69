/// Stops the program with a message if a condition of the interface is violated, in debug and in
/// release builds.
///
/// `precondition` omits its message in optimized builds, but the message for a wrong shape must
/// include the shapes.
@inlinable @inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}

/// Stops the program with a message, like `require(false, message)`, for use where the compiler
/// must know that the call does not return.
@usableFromInline
package func stop(
  _ message: String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(message, file: file, line: line)
}
