/// The types of the safetensors format.
enum SafetensorsType {
  /// The types of `ElementType` by name. A file has the tensors in the reverse of this order, which
  /// is that of the reference implementation and aligns each tensor for its type.
  static let all: [(name: String, type: ElementType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("F8_E5M2", .float8e5m2),
    ("F8_E4M3", .float8e4m3fn), ("F8_E8M0", .float8e8m0fnu), ("F8_E4M3FNUZ", .float8e4m3fnuz),
    ("F8_E5M2FNUZ", .float8e5m2fnuz), ("I16", .int16), ("U16", .uint16), ("F16", .float16),
    ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32), ("F32", .float32), ("C64", .complex64),
    ("F64", .float64), ("I64", .int64), ("U64", .uint64),
  ]

  /// The types whose elements do not fill bytes.
  static let packed: Set = ["F4", "F6_E2M3", "F6_E3M2"]
}
