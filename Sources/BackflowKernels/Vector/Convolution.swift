internal import CVectorKernels

/// The products of a convolution over a batch, without the columns written out: each thread copies
/// one sample after another to an image with padding, in which a row of the columns is a shift.
///
/// Letters as in `Conv2D`: x [B, C, plane], W [O, C/g, taps], y [B, O, windows].
package struct Convolution: Sendable {
  /// B, the number of samples.
  package let samples: Int
  /// C/g and O/g, the channels of a group.
  package let inputs, outputs: Int
  /// g, the number of groups.
  package let groups: Int
  package let windows: WindowGeometry

  package init(
    samples: Int, inputs: Int, outputs: Int, groups: Int, _ windows: WindowGeometry
  ) {
    (self.samples, self.groups, self.windows) = (samples, groups, windows)
    (self.inputs, self.outputs) = (inputs, outputs)
  }

  /// The number of rows of the columns of a group.
  var k: Int { inputs * windows.taps }
  var weightCount: Int { groups * outputs * k }
  var inputCount: Int { samples * groups * inputs * windows.plane }
  var outputCount: Int { samples * groups * outputs * windows.outputs }

  /// The convolution of ȳ whose result is x̄, with the flipped weights; `nil` if that needs zeros
  /// between the elements of ȳ (a stride) or windows that leave out its edge (more padding than a
  /// window reaches over).
  package var transposed: Convolution? {
    guard let height = windows.height.transposed, let width = windows.width.transposed else {
      return nil
    }
    return Convolution(
      samples: samples, inputs: outputs, outputs: inputs, groups: groups,
      WindowGeometry(height: height, width: width))
  }

  /// y = W X + b, or W X with an empty bias.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func apply<S: RealScalar>(
    _ x: Span<S>, weight: Span<S>, bias: Span<S>, into y: consuming MutableSpan<S>
  ) {
    require(
      x.count == inputCount && weight.count == weightCount && y.count == outputCount
        && (bias.isEmpty || bias.count == groups * outputs),
      "\(self) of \(x.count) and \(weight.count) elements into \(y.count)")
    guard let from = unsafe x.base, let to = unsafe y.base, let weights = unsafe weight.base else {
      return
    }
    let start = unsafe bias.isEmpty ? nil : bias.base
    // A sample of one group is a task; a few tasks are divided by output channels.
    let tasks = samples * groups
    let parts = max(1, min(Threads.count / max(1, tasks), outputs / 8))
    Threads.split(tasks * parts, grain: Threads.grain(work: windows.outputs * k * outputs / parts))
    {
      range in
      var image = unsafe ShiftedImages<S>(self, count: 1)
      for index in range {
        let (task, part) = index.quotientAndRemainder(dividingBy: parts)
        let rows = outputs * part / parts..<outputs * (part + 1) / parts
        let row = task % groups * outputs + rows.lowerBound
        unsafe image.copy(from + task * inputs * windows.plane, to: 0)
        unsafe image.routines.convolve(
          rows.count, k, &image.geometry, weights + row * k, start.map { unsafe $0 + row },
          image.shifts, image.start, to + (task * outputs + rows.lowerBound) * windows.outputs)
      }
      unsafe extendLifetime(image)
    }
    extendLifetime(x)
    extendLifetime(weight)
    extendLifetime(bias)
    extendLifetime(y)
  }

  /// flipped[g, c, o] = the taps of weight[g, o, c] in reverse order, the weight of `transposed`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func flip<S: RealScalar>(_ weight: Span<S>, into flipped: consuming MutableSpan<S>) {
    require(
      weight.count == weightCount && flipped.count == weightCount,
      "\(self) with \(weight.count) and \(flipped.count) weights")
    guard let from = unsafe weight.base, let to = unsafe flipped.base else { return }
    for group in 0..<groups {
      unsafe S._routines.vector.flipTaps(
        outputs, inputs, windows.taps, from + group * outputs * k, to + group * outputs * k)
    }
    extendLifetime(weight)
    extendLifetime(flipped)
  }
}

extension WindowGeometry.Axis {
  /// The windows over the outputs whose taps, in reverse order, are the windows that read an
  /// element.
  fileprivate var transposed: WindowGeometry.Axis? {
    let reach = dilation * (kernel - 1)
    guard stride == 1, padding <= reach, outputs > 0 else { return nil }
    return WindowGeometry.Axis(
      extent: outputs, kernel: kernel, stride: 1, padding: reach - padding, dilation: dilation)
  }
}
