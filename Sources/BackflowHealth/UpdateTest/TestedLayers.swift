/// The layers whose gradients the next observation compares with the loss, one by one.
enum TestedLayers: Sendable, Equatable {
  /// None: there is no reason to.
  case none
  /// At most this many of those that are not named.
  case some(Int, except: Set<String>)
  /// All, because the gradient as a whole is suspicious.
  case all

  /// The layers to test among those of a model, in the order of its parameters.
  func chosen(among layers: [String]) -> [String] {
    switch self {
    case .none: []
    case .some(let count, let known): Array(layers.filter { !known.contains($0) }.suffix(count))
    case .all: layers
    }
  }
}
