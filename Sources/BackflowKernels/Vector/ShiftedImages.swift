internal import CVectorKernels

/// The images of a thread, one for a group of a sample, and the shifts in them; valid while this
/// value exists.
@unsafe struct ShiftedImages<S: RealScalar> {
  let routines = S._routines.vector
  var geometry: backflow_windows
  /// The number of elements of an image.
  let size: Int
  let start: UnsafeMutablePointer<S>
  let shifts: UnsafeMutablePointer<Int64>
  private let inputs: Int
  private let images: Buffer<S>
  private let shiftsOfTaps: Buffer<Int64>

  /// Memory for `count` images.
  init(_ convolution: Convolution, count: Int) {
    var geometry = convolution.windows.inC
    let routines = S._routines.vector
    let size = unsafe routines.shiftedSize(convolution.inputs, &geometry)
    var images = Buffer<S>(uninitialized: count * size)
    var shiftsOfTaps = Buffer<Int64>(uninitialized: convolution.k)
    let (start, shifts) = unsafe (images.uniqueBase(), shiftsOfTaps.uniqueBase())
    unsafe routines.shifts(convolution.inputs, &geometry, shifts)
    unsafe (self.geometry, self.size, self.inputs) = (geometry, size, convolution.inputs)
    unsafe (self.start, self.shifts) = (start, shifts)
    unsafe (self.images, self.shiftsOfTaps) = (images, shiftsOfTaps)
  }

  /// Copies the channels of a group of a sample to image `index`.
  mutating func copy(_ x: UnsafePointer<S>, to index: Int) {
    unsafe routines.shiftImage(inputs, &geometry, x, start + index * size)
  }
}
