/// The parameters whose gradients the next observation compares with the loss, one by one.
struct TestedParameters: Sendable, Equatable {
  /// The largest number of them.
  var count = 0
  /// How often each has been tested.
  var trials: [String: Int] = [:]
  /// Those that have been tested enough.
  var known: Set<String> = []

  /// None.
  static let none = TestedParameters()

  /// The parameters to test among those of a model: those that were tested least often, and of
  /// these the last ones.
  func chosen(among names: [String]) -> Set<String> {
    if count == 0 { return [] }
    let open = names.enumerated().filter { !known.contains($0.element) }
    let order = open.sorted {
      (trials[$0.element, default: 0], -$0.offset) < (trials[$1.element, default: 0], -$1.offset)
    }
    return Set(order.prefix(count).map(\.element))
  }
}
