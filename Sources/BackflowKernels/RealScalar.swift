public import RealModule

/// The element of a tensor: `Float` for speed, `Double` for gradient checks and stability.
///
/// Generic code above the floor reaches the concrete routines through this protocol's one
/// requirement, so a layer written once runs the single- and the double-precision kernels without
/// an overload being chosen by the type checker. Only `Float` and `Double` conform.
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

/// The C routines of one precision, by origin. Opaque outside the floor.
///
/// A class, because a structure of a hundred closures is retained closure by closure when it is copied;
/// hold on to this one rather than to `vector`.
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
