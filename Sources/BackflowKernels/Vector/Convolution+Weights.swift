internal import CVectorKernels

extension Convolution {
  /// W̄ = Ȳ Xᵀ
  ///
  /// The sums over the windows of a few samples are added up with the rounding errors of the
  /// additions, on each thread and then of all threads, in their order.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func weightGradient<S: RealScalar>(
    _ x: Span<S>, _ outputGradient: Span<S>, into weightGradient: consuming MutableSpan<S>
  ) {
    require(
      x.count == inputCount && outputGradient.count == outputCount
        && weightGradient.count == weightCount,
      "\(self) with \(x.count) and \(outputGradient.count) elements, \(weightGradient.count) weights"
    )
    guard let result = unsafe weightGradient.base else { return }
    let rows = groups * k
    let grain = Threads.grain(work: weightCount * windows.outputs)
    var total = CompensatedSum<S>(count: weightCount)
    let (from, gradient) = unsafe (x.base, outputGradient.base)
    if samples >= Threads.count {
      let parts = Threads.map(samples, grain: grain) { samples in
        unsafe productSum(from, gradient, samples, 0..<rows)
      }
      for part in parts { total.add(part, at: 0) }
    } else {
      // A few samples are divided by the rows of the columns instead.
      let grain = max(1, grain * rows / max(1, samples))
      let parts = Threads.map(rows, grain: grain) { rows in
        unsafe productSum(from, gradient, 0..<samples, rows)
      }
      var offset = 0
      for part in parts {
        total.add(part, at: offset)
        offset += part.count
      }
    }
    var sums = total.rounded()
    let start = unsafe sums.uniqueBase()
    for group in 0..<groups {
      let at = group * k * outputs
      unsafe S._routines.vector.transpose(k, outputs, start + at, outputs, result + at, k)
    }
    extendLifetime(sums)
    extendLifetime(x)
    extendLifetime(outputGradient)
    extendLifetime(weightGradient)
  }

  /// W̄ᵀ [rows, O/g] of these samples and of these rows of the columns of all groups.
  private func productSum<S: RealScalar>(
    _ x: UnsafePointer<S>?, _ outputGradient: UnsafePointer<S>?, _ samples: Range<Int>,
    _ rows: Range<Int>
  ) -> CompensatedSum<S> {
    var sum = CompensatedSum<S>(count: rows.count * outputs)
    guard let x = unsafe x, let outputGradient = unsafe outputGradient else { return sum }
    let routines = S._routines.vector
    // Few output channels do not fill the lanes of a vector.
    let packs = outputs >= routines.packedSize(1, 1) / 2
    let length = packs ? max(1, min(samples.count, 1024 / max(1, windows.outputs))) : 1
    let packedSize = packs ? routines.packedSize(windows.outputs, outputs) : 0
    var images = unsafe ShiftedImages<S>(self, count: length)
    var packed = Buffer<S>(uninitialized: length * packedSize)
    var part = Buffer<S>(uninitialized: sum.count)
    let (packedStart, partStart) = unsafe (packed.uniqueBase(), part.uniqueBase())
    for first in stride(from: samples.lowerBound, to: samples.upperBound, by: length) {
      let count = min(length, samples.upperBound - first)
      for group in rows.lowerBound / k..<(rows.upperBound + k - 1) / k {
        let own = rows.clamped(to: group * k..<(group + 1) * k)
        let to = unsafe partStart + (own.lowerBound - rows.lowerBound) * outputs
        let shifts = unsafe images.shifts + (own.lowerBound - group * k)
        for index in 0..<count {
          let task = (first + index) * groups + group
          unsafe images.copy(x + task * inputs * windows.plane, to: index)
          let gradient = unsafe outputGradient + task * outputs * windows.outputs
          if packs {
            unsafe routines.pack(
              windows.outputs, outputs, gradient, 1, windows.outputs,
              packedStart + index * packedSize)
          } else {
            unsafe routines.convolutionDots(
              outputs, own.count, &images.geometry, shifts, images.start, gradient, to)
          }
        }
        if packs {
          unsafe routines.convolutionWeights(
            count, outputs, own.count, images.size, &images.geometry, shifts, images.start,
            packedStart, to)
        }
      }
      sum.add(part)
    }
    unsafe extendLifetime(images)
    extendLifetime(packed)
    return sum
  }
}
