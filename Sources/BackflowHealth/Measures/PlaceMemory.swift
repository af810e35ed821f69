/// Places in the order in which they were first seen. Later steps have them in the same order, so
/// that each is usually found behind the last one; otherwise, it is searched for.
struct PlaceList: Sendable, Codable {
  private(set) var places: [String] = []
  /// The index behind the last one that was looked up.
  private var next = 0

  /// The number of places.
  var count: Int { places.count }

  /// The index of a place, which is added if it is new.
  mutating func index(of place: String) -> Int {
    if next >= places.count { next = 0 }
    var index = next
    if index == places.count || places[index] != place {
      index = places.firstIndex(of: place) ?? places.count
    }
    if index == places.count { places.append(place) }
    next = index + 1
    return index
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    places = try container.decode([String].self)
    guard Set(places).count == places.count else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a place that comes twice in \(places)")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(places)
  }
}

/// A value for each place.
struct PlaceMemory<Value: Sendable & Codable>: Sendable, Codable {
  private var places = PlaceList()
  private var values: [Value] = []

  private enum CodingKeys: CodingKey { case places, values }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    places = try container.decode(PlaceList.self, forKey: .places)
    values = try container.decode([Value].self, forKey: .values)
    guard places.count == values.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .values, in: container,
        debugDescription: "\(values.count) values for \(places.count) places")
    }
  }

  /// The index of a place, which is added with a first value if it is new.
  mutating func index(of place: String, else first: () -> Value) -> Int {
    let index = places.index(of: place)
    if index == values.count { values.append(first()) }
    return index
  }

  /// The value at the index of a place.
  subscript(index: Int) -> Value {
    _read { yield values[index] }
    _modify { yield &values[index] }
  }
}
