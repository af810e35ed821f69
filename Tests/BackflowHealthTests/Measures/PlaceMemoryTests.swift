import Foundation
import Testing

@testable import BackflowHealth

@Suite struct `A memory of places` {
  @Test func `finds each place, in any order and with some missing`() {
    var memory = PlaceMemory<Int>()
    for (step, places) in [
      ["a", "b", "c"], ["a", "b", "c"], ["c", "a"], ["b"], ["d", "b", "a", "c"], ["a", "d"],
    ].enumerated() {
      for place in places {
        let index = memory.index(of: place) { 100 * step }
        memory[index] += 1
      }
    }
    let values = ["a", "b", "c", "d"].map { place in
      var copy = memory
      return copy[copy.index(of: place) { -1 }]
    }
    #expect(values == [5, 4, 4, 402])
  }

  @Test func `goes on after it was saved, and refuses damage`() throws {
    var memory = PlaceMemory<Int>()
    for place in ["a", "b"] { _ = memory.index(of: place) { 7 } }
    let data = try JSONEncoder().encode(memory)
    var copy = try JSONDecoder().decode(PlaceMemory<Int>.self, from: data)
    #expect(copy.index(of: "b") { 0 } == 1 && copy[1] == 7)
    let text = String(decoding: data, as: UTF8.self)
    for (old, new) in [("\"a\"", "\"b\""), ("[7,7]", "[7]"), ("[7,7]", "[7,7,7]")] {
      #expect(text.contains(old))
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(
          PlaceMemory<Int>.self, from: Data(text.replacing(old, with: new).utf8))
      }
    }
  }
}
