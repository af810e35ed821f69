/// Names that are encoded in alphabetical order, so that the same names give the same bytes.
@propertyWrapper
struct NameSet: Sendable, Codable {
  var wrappedValue: Set<String>

  init(wrappedValue: Set<String>) { self.wrappedValue = wrappedValue }

  init(from decoder: any Decoder) throws {
    wrappedValue = Set(try decoder.singleValueContainer().decode([String].self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue.sorted())
  }
}
