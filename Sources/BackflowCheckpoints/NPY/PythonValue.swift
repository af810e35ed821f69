/// A value that a Python literal can have, as far as the header of an array tells values apart.
indirect enum PythonValue {
  /// A string, as code points, which need not be text.
  case text([UInt32])
  /// `nil` where it does not fit an `Int`.
  case integer(Int?)
  case boolean(Bool)
  case tuple([PythonValue])
  case dictionary([(key: PythonValue, value: PythonValue)])
  /// A list or a set, which cannot be a key of a dictionary.
  case unhashable
  /// Bytes, a number that is no integer, None or an ellipsis.
  case other

  var isHashable: Bool {
    switch self {
    case .dictionary, .unhashable: false
    case .tuple(let elements): elements.allSatisfy(\.isHashable)
    default: true
    }
  }

  var string: String? {
    guard case .text(let points) = self else { return nil }
    return String(points)
  }
}

extension String {
  /// The text of these code points, if they are one.
  init?(_ points: [UInt32]) {
    var text = String.UnicodeScalarView()
    for point in points {
      guard let scalar = Unicode.Scalar(point) else { return nil }
      text.append(scalar)
    }
    self.init(text)
  }
}

/// Why a text is no Python literal.
struct PythonSyntaxError: Error {
  /// The character at which reading stopped, from 0.
  let position: Int
  let problem: String
}
