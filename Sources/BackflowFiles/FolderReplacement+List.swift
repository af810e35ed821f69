#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension FolderReplacement {
  /// The file that lists the files of a save, one on each line. A copy of the directory includes
  /// it, regardless of the file system and the copying program.
  static let list = EntryName(".backflow-files")

  /// Returns the contents of the list. A line end in a name is written as `\n`, a backslash as
  /// `\\`.
  static func list(of names: [EntryName]) -> [UInt8] {
    names.flatMap { name in
      name.bytes.flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "\n"): Array("\\n".utf8)
        case UInt8(ascii: "\\"): Array("\\\\".utf8)
        default: [byte]
        }
      } + [UInt8(ascii: "\n")]
    }
  }

  /// Returns the names in a list. Lines that are not file names are ignored, as is an unterminated
  /// last line, which may be truncated.
  static func names(inList bytes: [UInt8]) -> Set<EntryName> {
    var names: Set<EntryName> = []
    var name: [UInt8] = []
    var isEscaped = false
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        let isPath = name.contains(UInt8(ascii: "/")) || name.contains(0)
        if !name.isEmpty, !isPath, !isEscaped { names.insert(EntryName(bytes: name)) }
        (name, isEscaped) = ([], false)
      } else if isEscaped {
        name.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        name.append(byte)
      }
    }
    return names
  }

  /// Returns the files that a save wrote to `folder`, according to its list, or none without a
  /// list.
  func ownFiles(in folder: Folder) throws -> Set<EntryName> {
    let name = FolderReplacement.list
    guard try folder.status(of: name)?.kind == .file else { return [] }
    let file = try InputFile(joined(path, name.text)) { () throws(SystemError) in
      try OpenFile(name, in: folder.file, O_RDONLY | O_NOFOLLOW)
    }
    return FolderReplacement.names(inList: try file.read(file.size, at: 0))
  }
}
