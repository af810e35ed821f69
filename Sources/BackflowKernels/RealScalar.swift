public import RealModule

/// The element type of a tensor: `Float` for speed, and `Double` for gradient checks and stability
/// analyses.
///
/// Generic code above the floor calls concrete routines through the requirement of this protocol,
/// so that a generic layer runs single- or double-precision kernels without overload resolution.
/// Only `Float` and `Double` conform.
public protocol RealScalar: Real, BinaryFloatingPoint, BitwiseCopyable, Codable, Sendable {
  /// The C routines of this precision.
  static var _routines: Routines<Self> { get }
}

extension Float: RealScalar {
  /// The single-precision routines.
  public static let _routines = Routines(blas: .single, lapack: .single, vector: .single)
}

extension Double: RealScalar {
  /// The double-precision routines.
  public static let _routines = Routines(blas: .double, lapack: .double, vector: .double)
}

/// The C routines of one precision, by origin. The contents are internal to the floor.
///
/// This is a class because a copy of a structure with a hundred closures retains each of them. Keep
/// a reference to this object rather than to `vector`.
public final class Routines<Scalar: RealScalar>: Sendable {
  let blas: BLASRoutines<Scalar>
  let lapack: LAPACKRoutines<Scalar>
  let vector: VectorRoutines<Scalar>

  init(
    blas: BLASRoutines<Scalar>, lapack: LAPACKRoutines<Scalar>, vector: VectorRoutines<Scalar>
  ) {
    Threads.keepOpenBLASSingleThreaded
    InstructionSetRequest.complaintIfRefused
    self.blas = blas
    self.lapack = lapack
    self.vector = vector
  }
}
