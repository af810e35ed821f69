import BackflowLessons
import Foundation
import Testing

@Suite struct `A claim of a lesson` {
  @Test func `holds up to its limit, and not for NaN`() {
    #expect(Claim("", 0.5, atMost: 0.5).holds && !Claim("", 0.51, atMost: 0.5).holds)
    #expect(Claim("", 0.5, atLeast: 0.5).holds && !Claim("", 0.49, atLeast: 0.5).holds)
    #expect(!Claim("", .nan, atLeast: 0).holds && !Claim("", .nan, atMost: 0).holds)
    #expect(Claim("", .infinity, atLeast: 0).holds)
  }

  @Test func `states its number, and whether it contradicts`() {
    #expect("\(Claim("At most 1.", 0.5, atMost: 1))" == "At most 1. Measured: 0.5.")
    #expect(
      "\(Claim("At most 1.", 2, atMost: 1))" == "At most 1. Measured: 2, which contradicts it.")
  }

  @Test func `is encoded in JSON for every number`() throws {
    let claims = [2, .infinity, .nan].map { Claim("a", $0, atLeast: 1) }
    let objects = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(claims)) as? [[String: Any]])
    #expect(objects.map { $0["holds"] as? Bool } == [true, true, false])
    #expect(objects[0]["measured"] as? Double == 2 && objects[0]["statement"] as? String == "a")
    #expect(objects[1]["measured"] as? Double == .greatestFiniteMagnitude)
    #expect(objects[2]["measured"] is NSNull)
  }
}
