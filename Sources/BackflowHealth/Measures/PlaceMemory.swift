/// A value for each place, in the order in which the places were first seen. Later steps have them
/// in the same order, so that each is usually found behind the last one.
struct PlaceMemory<Value: Sendable & Codable>: Sendable, Codable {
  private var places: [String] = []
  /// The values, at the indices of their places.
  var values: [Value] = []
  /// The index behind the last one that was looked up.
  private var next = 0

  private enum CodingKeys: CodingKey { case places, values }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    places = try container.decode([String].self, forKey: .places)
    values = try container.decode([Value].self, forKey: .values)
    guard places.count == values.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .values, in: container,
        debugDescription: "\(values.count) values for \(places.count) places")
    }
  }

  /// The index of a place, which is added with a first value if it is new.
  mutating func index(of place: String, else first: () -> Value) -> Int {
    if next >= places.count { next = 0 }
    var index = next
    if index == places.count || places[index] != place {
      index = places.firstIndex(of: place) ?? places.count
    }
    if index == places.count {
      places.append(place)
      values.append(first())
    }
    next = index + 1
    return index
  }
}
