/// The opcodes of pickle protocols 2 to 5 that are executed, with their names in Python's
/// `pickletools`.
///
/// See the source of Python's `pickletools` and PEP 307, 3154 and 574.
enum PickleOpcode: UInt8 {
  case proto = 0x80
  case stop = 0x2E
  case frame = 0x95

  // MARK: The stack and the memo
  case mark = 0x28
  case pop = 0x30
  case popMark = 0x31
  case binget = 0x68
  case longBinget = 0x6A
  case binput = 0x71
  case longBinput = 0x72
  case memoize = 0x94

  // MARK: Constants and numbers
  case none = 0x4E
  case newTrue = 0x88
  case newFalse = 0x89
  case binint = 0x4A
  case binint1 = 0x4B
  case binint2 = 0x4D
  case long1 = 0x8A
  case binfloat = 0x47

  // MARK: Texts and bytes
  case binunicode = 0x58
  case shortBinunicode = 0x8C
  case binunicode8 = 0x8D
  case binstring = 0x54
  case shortBinstring = 0x55
  case binbytes = 0x42
  case shortBinbytes = 0x43
  case binbytes8 = 0x8E
  case bytearray8 = 0x96

  // MARK: Containers
  case emptyTuple = 0x29
  case tuple = 0x74
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case emptyList = 0x5D
  case append = 0x61
  case appends = 0x65
  case emptyDict = 0x7D
  case setitem = 0x73
  case setitems = 0x75
  case emptySet = 0x8F
  case additems = 0x90
  case frozenset = 0x91

  // MARK: Objects
  case global = 0x63
  case stackGlobal = 0x93
  case reduce = 0x52
  case newobj = 0x81
  case newobjEx = 0x92
  case build = 0x62
  case binpersid = 0x51

  /// The names of the opcodes that are not executed: those of protocols 0 and 1, the extension
  /// registry, integers of more than 255 bytes, and buffers outside the pickle. Neither Python nor
  /// PyTorch writes them with protocol 2 or later, except for integers of enormous size and for
  /// buffers that are transmitted separately.
  static let refused: [UInt8: String] = [
    0x50: "PERSID", 0x69: "INST", 0x6F: "OBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
    0x32: "DUP", 0x6C: "LIST", 0x64: "DICT", 0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG",
    0x53: "STRING", 0x56: "UNICODE", 0x67: "GET", 0x70: "PUT", 0x8B: "LONG4",
    0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
  ]
}
