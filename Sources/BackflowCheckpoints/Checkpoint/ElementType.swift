/// The type of the elements of a stored tensor, with PyTorch's name as its raw value.
public enum ElementType: String, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16
  case float8e4m3fn = "float8_e4m3fn"
  case float8e5m2 = "float8_e5m2"
  case float8e4m3fnuz = "float8_e4m3fnuz"
  case float8e5m2fnuz = "float8_e5m2fnuz"
  case float8e8m0fnu = "float8_e8m0fnu"
  case int64, int32, int16, int8
  case uint64, uint32, uint16, uint8
  case bool
  /// A real and an imaginary part of 16 (`complex32`), 32 (`complex64`) or 64 bits (`complex128`).
  case complex32, complex64, complex128

  /// The number of bytes of an element.
  public var size: Int {
    switch self {
    case .float8e4m3fn, .float8e5m2, .float8e4m3fnuz, .float8e5m2fnuz, .float8e8m0fnu, .int8,
      .uint8, .bool:
      1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32, .complex32: 4
    case .float64, .int64, .uint64, .complex64: 8
    case .complex128: 16
    }
  }

  /// Whether the elements are floating-point numbers, real or complex.
  public var isFloatingPoint: Bool { mantissaBits != nil }

  /// The type of the real and the imaginary part of a complex type, and `nil` for other types.
  public var realType: ElementType? {
    switch self {
    case .complex32: .float16
    case .complex64: .float32
    case .complex128: .float64
    default: nil
    }
  }

  /// The number of bytes in which a byte order matters: an element, or a part of a complex element.
  var wordSize: Int { realType?.size ?? size }

  /// The machine epsilon of a floating-point type, which bounds the relative error of rounding to
  /// it: 2⁻²³ for `float32`. For integers, which are exact, it is that of a double, 2⁻⁵².
  public var precision: Double {
    Double(sign: .plus, exponent: -(mantissaBits ?? 52), significand: 1)
  }

  private var mantissaBits: Int? {
    switch self {
    case .float64, .complex128: 52
    case .float32, .complex64: 23
    case .float16, .complex32: 10
    case .bfloat16: 7
    case .float8e4m3fn, .float8e4m3fnuz: 3
    case .float8e5m2, .float8e5m2fnuz: 2
    case .float8e8m0fnu: 0
    default: nil
    }
  }
}
