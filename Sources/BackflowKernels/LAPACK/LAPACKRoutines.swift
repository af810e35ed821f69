internal import CLAPACKE

/// The functions of LAPACKE in one precision that this module uses, and three of LAPACK itself.
@safe struct LAPACKRoutines<Scalar>: Sendable {
  typealias Input = UnsafePointer<Scalar>?
  typealias Output = UnsafeMutablePointer<Scalar>?
  typealias Pivots = UnsafePointer<Int32>?
  typealias PivotsOut = UnsafeMutablePointer<Int32>?
  /// The parameters are the matrix layout, one-letter options, and sizes with leading dimensions.
  typealias Layout = Int32
  typealias Letter = CChar
  typealias Size = Int32
  typealias Info = Int32
  /// An integer or a truth value (0 or 1) for Fortran, which takes addresses.
  typealias Integer = UnsafePointer<Int32>
  typealias IntegerOut = UnsafeMutablePointer<Int32>?

  let geev:
    @Sendable (
      Layout, Letter, Letter, Size, Output, Size, Output, Output, Output, Size, Output, Size
    ) -> Info
  let geevx:
    @Sendable (
      Layout, Letter, Letter, Letter, Letter, Size, Output, Size, Output, Output, Output, Size,
      Output, Size, PivotsOut, PivotsOut, Output, Output, Output, Output
    ) -> Info
  let syevd: @Sendable (Layout, Letter, Letter, Size, Output, Size, Output) -> Info
  let gesdd:
    @Sendable (
      Layout, Letter, Size, Size, Output, Size, Output, Output, Size, Output, Size
    ) -> Info
  let geqrf: @Sendable (Layout, Size, Size, Output, Size, Output) -> Info
  let orgqr: @Sendable (Layout, Size, Size, Size, Output, Size, Input) -> Info
  /// Without the selection of eigenvalues, whose callback has a different C type in each precision.
  let gees:
    @Sendable (
      Layout, Letter, Size, Output, Size, PivotsOut, Output, Output, Output, Size
    ) -> Info
  let gebal: @Sendable (Layout, Letter, Size, Output, Size, PivotsOut, PivotsOut, Output) -> Info
  let gehrd: @Sendable (Layout, Size, Size, Size, Output, Size, Output) -> Info
  let hseqr:
    @Sendable (
      Layout, Letter, Letter, Size, Size, Size, Output, Size, Output, Output, Output, Size
    ) -> Info
  let trevc:
    @Sendable (
      Layout, Letter, Letter, PivotsOut, Size, Input, Size, Output, Size, Output, Size, Size,
      PivotsOut
    ) -> Info
  let getrf: @Sendable (Layout, Size, Size, Output, Size, PivotsOut) -> Info
  let getrs: @Sendable (Layout, Letter, Size, Size, Input, Size, Pivots, Output, Size) -> Info
  let gecon: @Sendable (Layout, Letter, Size, Input, Size, Scalar, Output) -> Info
  let lange: @Sendable (Layout, Letter, Size, Size, Input, Size) -> Scalar
  let gelsd:
    @Sendable (
      Layout, Size, Size, Size, Output, Size, Output, Size, Output, Scalar, PivotsOut
    ) -> Info
  let potrf: @Sendable (Layout, Letter, Size, Output, Size) -> Info
  let potrs: @Sendable (Layout, Letter, Size, Size, Input, Size, Output, Size) -> Info
  let laqr2:
    @Sendable (
      Integer, Integer, Integer, Integer, Integer, Integer, Output, Integer, Integer, Integer,
      Output, Integer, IntegerOut, IntegerOut, Output, Output, Output, Integer, Integer, Output,
      Integer, Integer, Output, Integer, Output, Integer
    ) -> Void
  let laqr5:
    @Sendable (
      Integer, Integer, Integer, Integer, Integer, Integer, Integer, Output, Output, Output,
      Integer, Integer, Integer, Output, Integer, Output, Integer, Output, Integer, Integer, Output,
      Integer, Integer, Output, Integer
    ) -> Void
  let lahqr:
    @Sendable (
      Integer, Integer, Integer, Integer, Integer, Output, Integer, Output, Output, Integer,
      Integer, Output, Integer, IntegerOut
    ) -> Void
}

private let unsorted = CChar(ascii: "N")

extension LAPACKRoutines<Float> {
  static let single = unsafe LAPACKRoutines(
    geev: LAPACKE_sgeev, geevx: LAPACKE_sgeevx, syevd: LAPACKE_ssyevd, gesdd: LAPACKE_sgesdd,
    geqrf: LAPACKE_sgeqrf, orgqr: LAPACKE_sorgqr,
    gees: { unsafe LAPACKE_sgees($0, $1, unsorted, nil, $2, $3, $4, $5, $6, $7, $8, $9) },
    gebal: LAPACKE_sgebal, gehrd: LAPACKE_sgehrd, hseqr: LAPACKE_shseqr,
    trevc: LAPACKE_strevc,
    getrf: LAPACKE_sgetrf, getrs: LAPACKE_sgetrs, gecon: LAPACKE_sgecon, lange: LAPACKE_slange,
    gelsd: LAPACKE_sgelsd, potrf: LAPACKE_spotrf, potrs: LAPACKE_spotrs,
    laqr2: slaqr2_, laqr5: slaqr5_, lahqr: slahqr_)
}

extension LAPACKRoutines<Double> {
  static let double = unsafe LAPACKRoutines(
    geev: LAPACKE_dgeev, geevx: LAPACKE_dgeevx, syevd: LAPACKE_dsyevd, gesdd: LAPACKE_dgesdd,
    geqrf: LAPACKE_dgeqrf, orgqr: LAPACKE_dorgqr,
    gees: { unsafe LAPACKE_dgees($0, $1, unsorted, nil, $2, $3, $4, $5, $6, $7, $8, $9) },
    gebal: LAPACKE_dgebal, gehrd: LAPACKE_dgehrd, hseqr: LAPACKE_dhseqr,
    trevc: LAPACKE_dtrevc,
    getrf: LAPACKE_dgetrf, getrs: LAPACKE_dgetrs, gecon: LAPACKE_dgecon, lange: LAPACKE_dlange,
    gelsd: LAPACKE_dgelsd, potrf: LAPACKE_dpotrf, potrs: LAPACKE_dpotrs,
    laqr2: dlaqr2_, laqr5: dlaqr5_, lahqr: dlahqr_)
}

extension CChar {
  /// Creates one of LAPACK's options, which are letters: `CChar(ascii: "V")`.
  init(ascii letter: Unicode.Scalar) { self = CChar(UInt8(ascii: letter)) }
}
