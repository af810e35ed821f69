// The only import of Foundation in the library, or of FoundationEssentials if available. The
// protocol makes an error's text its `localizedDescription`.
#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// An error thrown by Backflow. Its description is a sentence that states the problem. The
/// `localizedDescription` of Foundation is the same sentence.
public protocol BackflowError: LocalizedError, CustomStringConvertible, Sendable {}

extension BackflowError {
  /// The description.
  public var errorDescription: String? { description }
  /// `nil`: the description includes the reason.
  public var failureReason: String? { nil }
  /// `nil`: the description includes the remedy.
  public var recoverySuggestion: String? { nil }
  /// `nil`.
  public var helpAnchor: String? { nil }
}
