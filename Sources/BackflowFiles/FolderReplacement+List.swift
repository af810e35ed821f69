#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension FolderReplacement {
  /// The file with the names of the files that a replacement wrote, one a line. A copy of the directory
  /// has it, too, whatever the file system and the program that copies.
  static let list = EntryName(".backflow-files")

  /// The list of these names. A line end in a name is written as `\n`, a backslash as `\\`.
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

  /// The names in a list. What is no name of a file is passed over, as is a last line without an end,
  /// which may be half a name.
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

  /// What a replacement wrote into `folder`, by its list; nothing without one.
  func ownFiles(in folder: Folder) throws -> Set<EntryName> {
    let name = FolderReplacement.list
    guard try folder.status(of: name)?.kind == .file else { return [] }
    let file = try InputFile(joined(path, name.text)) { () throws(SystemError) in
      try OpenFile(name, in: folder.file, O_RDONLY | O_NOFOLLOW)
    }
    return FolderReplacement.names(inList: try file.read(file.size))
  }
}
