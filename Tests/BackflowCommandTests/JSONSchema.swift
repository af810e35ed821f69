import Foundation

/// A value of JSON.
enum JSONValue: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  init(text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  /// The value of a key, or `nil` if this is not an object that has it.
  subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  subscript(index: Int) -> JSONValue? {
    if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
  }

  var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }

  /// Whether the value has a type of JSON Schema.
  fileprivate func has(type: String) -> Bool {
    switch (self, type) {
    case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"),
      (.array, "array"), (.object, "object"):
      true
    case (.number(let number), "integer"): number == number.rounded()
    default: false
    }
  }
}

/// A validator for the keywords of JSON Schema (draft 2020-12) that the schemas of this package
/// use. Another keyword is a violation.
struct JSONSchema {
  private let root: JSONValue

  init(_ text: String) throws { root = try JSONValue(text: text) }

  /// Returns the places where a value is not as the schema demands.
  func violations(_ value: JSONValue) -> [String] { violations(value, root, "$") }

  private func violations(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
    guard case .object(let keywords) = schema else { return ["\(path): a schema is not an object"] }
    return keywords.flatMap { keyword, argument in
      check(keyword, argument, keywords, value, path)
    }
  }

  private func check(
    _ keyword: String, _ argument: JSONValue, _ keywords: [String: JSONValue], _ value: JSONValue,
    _ path: String
  ) -> [String] {
    func fail(_ isWrong: Bool) -> [String] { isWrong ? ["\(path): \(keyword) \(argument)"] : [] }
    switch keyword {
    case "$schema", "$defs", "title", "description": return []
    case "$ref":
      let name = argument.text?.split(separator: "/").last.map(String.init) ?? ""
      guard let definition = root["$defs"]?[name] else { return ["\(path): no \(argument)"] }
      return violations(value, definition, path)
    case "type":
      let types = argument.text.map { [$0] } ?? argument.items.compactMap(\.text)
      return fail(!types.contains(where: value.has(type:)))
    case "enum": return fail(!argument.items.contains(value))
    case "const": return fail(argument != value)
    case "oneOf":
      return fail(argument.items.count { violations(value, $0, path).isEmpty } != 1)
    case "minimum": return fail(value.number.map { $0 < argument.number ?? .infinity } ?? false)
    case "minItems":
      return fail(value.has(type: "array") && value.items.count < Int(argument.number ?? 0))
    case "maxItems":
      return fail(value.has(type: "array") && value.items.count > Int(argument.number ?? 0))
    case "items":
      return value.items.enumerated().flatMap { violations($1, argument, "\(path)[\($0)]") }
    case "required":
      return argument.items.compactMap(\.text).filter { value[$0] == nil }
        .map { "\(path): \($0) is missing" }
    case "properties":
      guard case .object(let members) = value else { return [] }
      return members.flatMap { key, member in
        argument[key].map { violations(member, $0, "\(path).\(key)") } ?? []
      }
    case "additionalProperties":
      guard argument == .bool(false), case .object(let members) = value else { return [] }
      return members.keys.filter { keywords["properties"]?[$0] == nil }
        .map { "\(path): \($0) is not a property" }
    default: return ["\(path): the keyword \(keyword) is unknown"]
    }
  }
}
