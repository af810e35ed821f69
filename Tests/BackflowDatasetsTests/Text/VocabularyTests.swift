import Backflow
import TestSupport
import Testing

@Suite struct `A vocabulary` {
  private static let texts = [
    "", "hello\r\nworld", "e\u{301} é 👨‍👩‍👧 🇩🇪", "\u{FEFF}\0\n", "日本語 and ASCII",
  ]

  @Test(arguments: texts)
  func `restores the text that it has encoded, scalar by scalar`(text: String) throws {
    for vocabulary in [Vocabulary(charactersOf: text), .bytes] {
      let decoded = vocabulary.decode(try vocabulary.encode(text))
      #expect(Array(decoded.unicodeScalars) == Array(text.unicodeScalars))
    }
  }

  @Test func `numbers characters by their code points`() throws {
    let vocabulary = Vocabulary(charactersOf: "banana é")
    #expect(vocabulary.characters == [" ", "a", "b", "n", "é"] && vocabulary.count == 5)
    #expect(try vocabulary.encode("nab é") == [3, 1, 2, 0, 4])
    #expect(vocabulary.number(of: "b") == 2 && vocabulary.number(of: "x") == nil)
    // CRLF is two characters, and so is a letter with an accent of its own.
    #expect(Vocabulary(charactersOf: "\r\n").count == 2)
    #expect(Vocabulary(charactersOf: "e\u{301}").count == 2)
    #expect(Vocabulary(charactersOf: "aaabbc", minimumCount: 2).characters == ["a", "b"])
  }

  @Test func `can be the bytes`() throws {
    #expect(Vocabulary.bytes.count == 256)
    #expect(try Vocabulary.bytes.encode("aé") == [97, 0xC3, 0xA9])
    #expect(Vocabulary.bytes.decode([97, 0xC3]) == "a\u{FFFD}")
    #expect(Vocabulary.bytes.number(of: "a") == 97 && Vocabulary.bytes.number(of: "é") == nil)
  }

  @Test func `treats unknown characters as stated`() throws {
    let error = #expect(throws: DataError.self) {
      try Vocabulary(charactersOf: "ab\n").encode("a\nb\nxé")
    }
    #expect(error?.line == 3 && error?.problem.contains("character 4 is \"x\"") == true)
    let omitting = Vocabulary(charactersOf: "ab", unknown: .omit)
    #expect(try omitting.encode("axéb") == [0, 1] && omitting.count == 2)
    let marking = Vocabulary(charactersOf: "ab", unknown: .symbol)
    #expect(try marking.encode("axéb") == [0, 2, 2, 1] && marking.count == 3)
    #expect(marking.decode([0, 2, 1]) == "a\u{FFFD}b")
  }

  @Test func `is saved and restored`() throws {
    let directory = try TemporaryDirectory()
    let vocabularies =
      Vocabulary.Unknown.allCases.map {
        Vocabulary(charactersOf: Self.texts.joined() + "\"\\", unknown: $0)
      }
      + [.bytes, Vocabulary(["b", "a", "\u{301}"])]
    for vocabulary in vocabularies {
      var checkpoint = Checkpoint()
      try checkpoint.insert(vocabulary, named: "vocabulary")
      try checkpoint.write(to: directory.file("x.safetensors"))
      let read = try Checkpoint(contentsOf: directory.file("x.safetensors"))
      #expect(try Vocabulary(read, named: "vocabulary") == vocabulary)
    }
    for damaged in [
      "[]", "[\"characters\",\"error\"]", "[\"characters\",\"x\",\"ab\"]",
      "[\"characters\",\"error\",\"aa\"]", "[\"words\",\"error\",\"ab\"]",
    ] {
      let checkpoint = Checkpoint(metadata: ["vocabulary": damaged])
      #expect(throws: CheckpointError.self) { try Vocabulary(checkpoint, named: "vocabulary") }
    }
  }

  @Test func `decodes its own tokens only`() async {
    await #expect(processExitsWith: .failure) { _ = Vocabulary(["a"]).decode([1]) }
    await #expect(processExitsWith: .failure) { _ = Vocabulary(["a", "a"]) }
  }
}
