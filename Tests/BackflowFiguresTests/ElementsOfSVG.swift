import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The names of the elements of an SVG document in order. Fails if the XML is not well-formed.
func elements(_ svg: String) throws -> [String] {
  final class Names: NSObject, XMLParserDelegate {
    var names: [String] = []
    func parser(
      _: XMLParser, didStartElement name: String, namespaceURI _: String?,
      qualifiedName _: String?, attributes _: [String: String]
    ) { names.append(name) }
  }
  let names = Names()
  let parser = XMLParser(data: Data(svg.utf8))
  parser.delegate = names
  try #require(parser.parse(), "\(String(describing: parser.parserError))")
  return names.names
}
