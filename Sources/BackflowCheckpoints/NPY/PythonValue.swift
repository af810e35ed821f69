/// The value of a Python literal, to the extent that the header of an array distinguishes values.
indirect enum PythonValue {
  /// A string, as code points, which are not necessarily valid text.
  case text([UInt32])
  /// An integer, or `nil` if it does not fit in `Int`.
  case integer(Int?)
  case boolean(Bool)
  case tuple([PythonValue])
  case dictionary([(key: PythonValue, value: PythonValue)])
  /// A list or a set, which cannot be a key of a dictionary.
  case unhashable
  /// Bytes, a number that is not an integer, None, or an ellipsis.
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
  /// Creates the text of these code points, if they are valid.
  init?(_ points: [UInt32]) {
    var text = String.UnicodeScalarView()
    for point in points {
      guard let scalar = Unicode.Scalar(point) else { return nil }
      text.append(scalar)
    }
    self.init(text)
  }
}

/// An error in the syntax of a Python literal.
struct PythonSyntaxError: Error {
  /// The index of the character at which parsing stopped.
  let position: Int
  let problem: String
}
