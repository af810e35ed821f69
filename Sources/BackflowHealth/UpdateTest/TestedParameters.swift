/// The parameters whose gradients the next observation compares with the loss, one by one.
enum TestedParameters: Sendable, Equatable {
  /// None: there is no reason to.
  case none
  /// At most this many of those that are not named, from the last one.
  case some(Int, except: Set<String>)

  /// The parameters to test among those of a model, in their order.
  func chosen(among names: [String]) -> Set<String> {
    switch self {
    case .none: []
    case .some(let count, let known): Set(names.filter { !known.contains($0) }.suffix(count))
    }
  }
}
