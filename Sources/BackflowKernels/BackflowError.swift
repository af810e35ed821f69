// The one place of the library that needs Foundation, and only its small part where there is one: the
// protocol by which `localizedDescription` finds an error's text.
#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// An error that Backflow throws. Its description is one sentence that names what is wrong; Foundation's
/// `localizedDescription` is the same sentence.
public protocol BackflowError: LocalizedError, CustomStringConvertible, Sendable {}

extension BackflowError {
  /// The description.
  public var errorDescription: String? { description }
  /// Nothing: the description gives the reason.
  public var failureReason: String? { nil }
  /// Nothing: the description says what to do.
  public var recoverySuggestion: String? { nil }
  /// Nothing.
  public var helpAnchor: String? { nil }
}
