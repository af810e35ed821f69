/// The loops over elements, with spans for arrays and with their shapes checked.
///
/// Most are generated from `kernel_list.h`, which also documents the kernels that have no wrapper
/// here. The files of this folder hold those that do more than call one kernel.
///
/// Where `kernel_list.h` names an axis whose indices are independent, the work on a large array is
/// divided along it among threads. That changes no bit of the result.
package enum VectorKernels {
  /// The fewest elements of a simple pass over an array that justify a thread. Two threads add
  /// arrays of 32,768 floats in 1.7 µs instead of 2.3 µs, of doubles in 2.9 µs instead of 4.7 µs.
  /// Passes that only read floats take as long as on one thread below twice this size.
  package static var elementsPerThread: Int { 16_384 }

  /// Requires that `array`, which has `count` elements, has `n`.
  @inline(__always)
  static func requireShape(_ array: StaticString, _ count: Int, _ n: Int) {
    if count != n { refuse(array, count, [n]) }
  }

  /// Requires that `array`, which has `count` elements, has shape [rows, columns].
  @inline(__always)
  static func requireShape(_ array: StaticString, _ count: Int, _ rows: Int, _ columns: Int) {
    if rows | columns < 0 || count != rows * columns { refuse(array, count, [rows, columns]) }
  }

  /// Requires that `array`, which has `count` elements, has shape [depth, rows, columns].
  @inline(__always)
  static func requireShape(
    _ array: StaticString, _ count: Int, _ depth: Int, _ rows: Int, _ columns: Int
  ) {
    if depth | rows | columns < 0 || count != depth * rows * columns {
      refuse(array, count, [depth, rows, columns])
    }
  }

  /// Requires that `array`, which has `count` elements, holds a matrix of shape [rows, columns]
  /// whose rows start `stride` elements apart.
  static func requireShape(
    _ array: StaticString, _ count: Int, _ rows: Int, _ columns: Int, stride: Int
  ) {
    if rows | columns < 0 { refuse(array, count, [rows, columns]) }
    if rows == 0 || columns == 0 { return }
    require(
      columns <= stride && (rows - 1) * stride + columns <= count,
      "\(array) has \(count) elements, too few for shape [\(rows), \(columns)] with stride \(stride)"
    )
  }

  @inline(never)
  private static func refuse(_ array: StaticString, _ count: Int, _ shape: [Int]) -> Never {
    stop("\(array) has \(count) elements, expected \(shape)")
  }
}
