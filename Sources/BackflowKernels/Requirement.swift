/// Stops the program when a caller broke a rule of the interface, in debug and in release alike.
///
/// `precondition` drops its message in optimised builds; a shape error without its shapes helps
/// nobody, so this one keeps it.
@inlinable @inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fatalError(message(), file: file, line: line) }
}

/// As `require(false, message)`, where the compiler must see that nothing returns.
@usableFromInline
package func stop(
  _ message: String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(message, file: file, line: line)
}
