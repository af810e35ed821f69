package import ComplexModule

extension LAPACK {
  /// The smallest order for which `geev(valuesOf:)` is computed by `multishiftEigenvalues`.
  package static var leastMultishiftOrder: Int { 76 }

  /// Returns the eigenvalues of `a`, n × n, as `geev` does, in another order: the matrix is scaled
  /// to the range of numbers in which nothing overflows, balanced (`gebal`), reduced to Hessenberg
  /// form (`gehrd`), and its eigenvalues are found by `MultishiftIteration`.
  ///
  /// After `stepLimit` steps, `lahqr` computes what is left.
  ///
  /// - Throws: `LAPACKError` if an entry or an eigenvalue is not finite or if `lahqr` fails, in
  ///   the name of `geev`.
  /// - Complexity: About 10·n³ flops (Golub and Van Loan, "Matrix Computations", section 7.5.6).
  package static func multishiftEigenvalues<S: RealScalar>(
    of a: Span<S>, order n: Int, stepLimit: Int? = nil
  ) throws(LAPACKError) -> [Complex<S>] {
    try checkFinite(a, rows: n, columns: n)
    // Of the transpose, a matrix that is already in Hessenberg form would not remain exact.
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    let factor = scaleFactor(for: VectorKernels.maxMagnitude(a))
    if factor != 1 { matrix.scale(by: factor) }
    let (low, high, _) = try balance(&matrix, "B")
    var reflectors = Buffer<S>(uninitialized: max(1, n - 1))
    var info = unsafe S._routines.lapack.gehrd(
      columnMajor, Int32(n), low, high, matrix.uniqueBase(), matrix.ld, reflectors.uniqueBase())
    try check(info, "gehrd")
    matrix.clearBelowSubdiagonal()
    var values = Buffer<S>(uninitialized: 2 * n)
    info = multishiftIteration(
      consume matrix, rows: Int(low) - 1..<Int(high), stepLimit: stepLimit ?? 4 * n, &values)
    try check(info, "geev", positive: unconverged(info, n, "geev"))
    if factor != 1 {
      var elements = values.mutableSpan
      VectorKernels.scale(1 / factor, &elements)
    }
    try checkResult(values.span, "geev")
    return pair(values)
  }

  /// Returns the power of two by which `geev` would scale a matrix with this largest magnitude, up
  /// to its rounding. The squares of all scaled elements that matter are normal numbers.
  private static func scaleFactor<S: RealScalar>(for largest: S) -> S {
    let bound = -S.leastNormalMagnitude.exponent / 2 - S.Exponent(S.significandBitCount)
    let exponent = largest.exponent
    if largest == 0 || (-bound...bound).contains(exponent) { return 1 }
    return S(sign: .plus, exponent: (exponent < 0 ? -bound : bound) - exponent, significand: 1)
  }

  /// Writes the eigenvalues of a Hessenberg matrix, which is triangular except in `rows`, to
  /// `values`: the real parts, followed by the imaginary parts. Returns `info` of `lahqr`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  static func multishiftIteration<S: RealScalar>(
    _ matrix: consuming ColumnMajor<S>, rows: Range<Int>, stepLimit: Int, _ values: inout Buffer<S>
  ) -> Int32 {
    var iteration = MultishiftIteration(matrix, rows: rows)
    let info = iteration.run(stepLimit: stepLimit)
    values = iteration.values
    return info
  }
}

/// The iteration that finds the eigenvalues of a real Hessenberg matrix, without vectors and
/// without its Schur form.
///
/// Each step looks for converged eigenvalues in a window at the end of the active block (aggressive
/// early deflation). Unless it finds many of them, it moves a chain of small bulges along the
/// block, whose shifts are the other eigenvalues of the window (a multishift QR sweep). Short
/// blocks are left to the iteration with two shifts. (Braman, Byers and Mathias, "The multishift QR
/// algorithm", parts I and II, SIAM J. Matrix Anal. Appl. 23, 2002.)
///
/// The steps are LAPACK's: `laqr2`, `laqr5` and `lahqr`. LAPACK's own driver has windows of up to
/// 3/2 of the number of shifts, and decomposes them by itself from 76 rows on, which takes most of
/// its time: 89 of 115 ms for 512 rows. These windows are smaller. Their sizes and the numbers of
/// shifts are measured, for Gaussian and for orthogonal matrices.
private struct MultishiftIteration<S: RealScalar> {
  private var matrix: ColumnMajor<S>
  /// The rows and columns whose eigenvalues are not known yet.
  private var rows: Range<Int>
  /// The real parts of the eigenvalues, followed by the imaginary parts.
  private(set) var values: Buffer<S>
  private let windowSize: Int
  private let shiftCount: Int
  private var workspace: Workspace

  /// Blocks with fewer rows are left to `lahqr`.
  private static var leastBlock: Int { 75 }
  /// The largest window, which `laqr2` decomposes by `lahqr`.
  private static var largestWindow: Int { 72 }
  /// The columns that `laqr5` updates by one product.
  private static var panel: Int { 64 }

  /// The memory of the steps.
  private struct Workspace {
    var window, vectors, product: ColumnMajor<S>
    var work: Buffer<S>
    var reflectors, accumulated, left, right: ColumnMajor<S>

    init(largestWindow: Int, shiftCount: Int, panel: Int) {
      window = ColumnMajor(uninitialized: largestWindow, largestWindow)
      vectors = ColumnMajor(uninitialized: largestWindow, largestWindow)
      product = ColumnMajor(uninitialized: largestWindow, largestWindow)
      work = Buffer(uninitialized: 8 * largestWindow)
      // For 3 rows a shift, which LAPACK needs before 3.10.
      reflectors = ColumnMajor(uninitialized: 3, shiftCount / 2)
      accumulated = ColumnMajor(uninitialized: 3 * shiftCount, 3 * shiftCount)
      left = ColumnMajor(uninitialized: 3 * shiftCount, panel)
      right = ColumnMajor(uninitialized: panel, 3 * shiftCount)
    }
  }

  init(_ matrix: consuming ColumnMajor<S>, rows: Range<Int>) {
    let n = matrix.rows
    var values = Buffer<S>(repeating: 0, count: 2 * n)
    var elements = values.mutableSpan
    for row in 0..<n where !rows.contains(row) { elements[row] = matrix[row, row] }
    self.values = values
    self.matrix = matrix
    self.rows = rows
    (windowSize, shiftCount) =
      switch rows.count {
      case ..<192: (10, 12)
      case ..<384: (20, 20)
      case ..<768: (28, 24)
      default: (44, 32)
      }
    workspace = Workspace(
      largestWindow: Self.largestWindow, shiftCount: shiftCount, panel: Self.panel)
  }

  /// Finds the eigenvalues. Returns 0 or, if the iteration failed, the number of rows whose
  /// eigenvalues are not known.
  mutating func run(stepLimit: Int) -> Int32 {
    var (steps, failures) = (0, 0)
    while !rows.isEmpty {
      var block = activeBlock()
      if block.count < Self.leastBlock || steps >= stepLimit {
        if steps >= stepLimit { block = rows }
        let info = Self.findEigenvalues(of: &matrix, rows: block, &values)
        if info > 0 { return info }
        rows = rows.lowerBound..<block.lowerBound
        failures = 0
        continue
      }
      steps += 1
      let size = windowSize(in: block, failures: failures)
      let (deflated, undeflated) = deflate(block, window: size)
      rows = rows.lowerBound..<rows.upperBound - deflated
      block = block.lowerBound..<rows.upperBound
      failures = deflated > 0 ? 0 : failures + 1
      // Part II recommends another window at once if this one was worth it. LAPACK asks for 14 %.
      if block.count < Self.leastBlock || 100 * deflated > 30 * size { continue }
      let isExceptional = failures > 0 && failures.isMultiple(of: 6)
      sweep(
        block, isExceptional ? exceptionalShifts(block) : shifts(block, candidates: undeflated))
    }
    return 0
  }
}

// MARK: - The active block and its window

extension MultishiftIteration {
  /// Returns the last rows that are not separated by a zero of the subdiagonal. Elements that are
  /// negligible are replaced by zero.
  private mutating func activeBlock() -> Range<Int> {
    var row = rows.upperBound - 1
    while row > rows.lowerBound {
      if isNegligible(row) {
        matrix[row, row - 1] = 0
        break
      }
      row -= 1
    }
    return row..<rows.upperBound
  }

  /// Whether the element to the left of the diagonal is so small that zero in its place changes the
  /// eigenvalues by less than a rounding error of the diagonal (Ahues and Tisseur, LAPACK Working
  /// Note 122, 1997).
  private func isNegligible(_ row: Int) -> Bool {
    let below = matrix[row, row - 1].magnitude
    if below == 0 { return true }
    let smallest = S.leastNormalMagnitude * (S(matrix.rows) / S.ulpOfOne)
    if below <= smallest { return true }
    let (first, second) = (matrix[row - 1, row - 1], matrix[row, row])
    guard below <= S.ulpOfOne * (first.magnitude + second.magnitude) else { return false }
    let above = matrix[row - 1, row].magnitude
    let difference = (first - second).magnitude
    let (larger, smaller) = (
      max(second.magnitude, difference), min(second.magnitude, difference)
    )
    // The product of both elements off the diagonal, against the 2 × 2 block; divided by `sum`
    // against overflow.
    let sum = larger + max(below, above)
    return min(below, above) * (max(below, above) / sum)
      <= max(smallest, S.ulpOfOne * (smaller * (larger / sum)))
  }

  /// Returns the number of rows of the next window. After repeated failures, it is doubled and then
  /// reduced row by row, as another window may find what these do not.
  private func windowSize(in block: Range<Int>, failures: Int) -> Int {
    var size = windowSize
    if failures >= 5 { size = min(2 * size, Self.largestWindow - 1) }
    if failures > 5 { size = max(2, size - (failures - 5) % size) }
    // A window that starts at the smaller of two neighbors has less to deflate.
    let start = block.upperBound - size
    let isSmaller =
      matrix[start, start - 1].magnitude <= matrix[start - 1, start - 2].magnitude
    return isSmaller ? size : size + 1
  }

  /// Looks for eigenvalues in a window of `size` rows at the end of the block. Writes those that
  /// have converged to the end of the values, and before them the others, which are shifts.
  private mutating func deflate(
    _ block: Range<Int>, window size: Int
  ) -> (deflated: Int, undeflated: Int) {
    var (undeflated, deflated): (Int32, Int32) = (0, 0)
    let no = integer(0)
    let parts = unsafe values.uniqueBase()
    unsafe S._routines.lapack.laqr2(
      no, no, integer(matrix.rows), integer(block.lowerBound + 1), integer(block.upperBound),
      integer(size), matrix.uniqueBase(), [matrix.ld], integer(1), integer(1), nil, integer(1),
      &undeflated, &deflated, parts, parts + matrix.rows, workspace.vectors.uniqueBase(),
      [workspace.vectors.ld], integer(size), workspace.window.uniqueBase(), [workspace.window.ld],
      integer(size), workspace.product.uniqueBase(), [workspace.product.ld],
      workspace.work.uniqueBase(), integer(workspace.work.count))
    return (Int(deflated), Int(undeflated))
  }
}

// MARK: - Sweeps

extension MultishiftIteration {
  /// Moves bulges with these shifts, an even number in conjugate or real pairs, along the block.
  private mutating func sweep(_ block: Range<Int>, _ shifts: [Complex<S>]) {
    // The sweep may exchange them.
    var (real, imaginary) = (shifts.map(\.real), shifts.map(\.imaginary))
    let (no, panel) = (integer(0), integer(Self.panel))
    unsafe S._routines.lapack.laqr5(
      no, no, integer(1), integer(matrix.rows), integer(block.lowerBound + 1),
      integer(block.upperBound), integer(shifts.count), &real, &imaginary,
      matrix.uniqueBase(), [matrix.ld], integer(1), integer(1), nil, integer(1),
      workspace.reflectors.uniqueBase(), [workspace.reflectors.ld],
      workspace.accumulated.uniqueBase(), [workspace.accumulated.ld], panel,
      workspace.right.uniqueBase(), [workspace.right.ld], panel, workspace.left.uniqueBase(),
      [workspace.left.ld])
  }

  /// Returns the shifts for the next sweep: of the eigenvalues that the window has not deflated,
  /// or of as many last rows as there are shifts, the smallest.
  private func shifts(_ block: Range<Int>, candidates count: Int) -> [Complex<S>] {
    let (n, end) = (matrix.rows, block.upperBound)
    let candidates =
      2 * count > shiftCount
      ? (end - count..<end).map { Complex(values.span[$0], values.span[n + $0]) }
      : trailingEigenvalues(block)
    var pairs: [(first: Complex<S>, second: Complex<S>)] = []
    for (index, value) in candidates.enumerated() where value.imaginary > 0 {
      // The conjugate is missing only if `lahqr` has failed.
      if index + 1 < candidates.count { pairs.append((value, value.conjugate)) }
    }
    let real = candidates.filter { $0.imaginary == 0 }.sorted { size($0) < size($1) }
    for index in stride(from: 1, to: real.count, by: 2) {
      pairs.append((real[index], real[index - 1]))
    }
    if pairs.isEmpty, let only = real.first { pairs = [(only, only)] }
    // The largest are introduced first. The smallest end at the corner where eigenvalues deflate.
    pairs.sort { size($0.first) > size($1.first) }
    return pairs.suffix(shiftCount / 2).flatMap { [$0.first, $0.second] }
  }

  private func size(_ shift: Complex<S>) -> S {
    shift.real.magnitude + shift.imaginary.magnitude
  }

  /// Returns the eigenvalues of the last rows and columns, one for each shift or, if the iteration
  /// fails, less.
  private func trailingEigenvalues(_ block: Range<Int>) -> [Complex<S>] {
    let (count, start) = (shiftCount, block.upperBound - shiftCount)
    var part = ColumnMajor<S>(uninitialized: count, count)
    for column in 0..<count {
      for row in 0..<count {
        part[row, column] = row <= column + 1 ? matrix[start + row, start + column] : 0
      }
    }
    var found = Buffer<S>(repeating: 0, count: 2 * count)
    let info = Self.findEigenvalues(of: &part, rows: 0..<count, &found)
    return Array(LAPACK.pair(found)[Int(info)...])
  }

  /// Returns shifts that do not depend on the window, for matrices such as a cyclic permutation, of
  /// which sweeps with the usual ones change nothing: hᵢᵢ + s·(¾ ± i·√7/4) with the sum s of the
  /// magnitudes of two elements of the subdiagonal (Martin, Peters and Wilkinson, "The QR algorithm
  /// for real Hessenberg matrices", Numer. Math. 14, 1970).
  private func exceptionalShifts(_ block: Range<Int>) -> [Complex<S>] {
    (1...shiftCount / 2).flatMap { pair -> [Complex<S>] in
      let row = block.upperBound + 1 - 2 * pair
      let sum = matrix[row, row - 1].magnitude + matrix[row - 1, row - 2].magnitude
      let shift = Complex(
        matrix[row, row] + 3 * sum / 4, sum * S(7).squareRoot() / 4)
      return [shift, shift.conjugate]
    }
  }
}

// MARK: - The iteration with two shifts

extension MultishiftIteration {
  /// Writes the eigenvalues of diagonal rows and columns to their places in `values`. Returns 0 or,
  /// if the iteration failed, the number of leading rows whose eigenvalues are not known.
  private static func findEigenvalues(
    of matrix: inout ColumnMajor<S>, rows: Range<Int>, _ values: inout Buffer<S>
  ) -> Int32 {
    var info: Int32 = 0
    let no = integer(0)
    let parts = unsafe values.uniqueBase()
    unsafe S._routines.lapack.lahqr(
      no, no, integer(matrix.rows), integer(rows.lowerBound + 1), integer(rows.upperBound),
      matrix.uniqueBase(), [matrix.ld], parts, parts + matrix.rows, integer(1), integer(1), nil,
      integer(1), &info)
    return info
  }
}

/// Returns an integer whose address can be passed to Fortran.
private func integer(_ value: Int) -> [Int32] { [Int32(value)] }
