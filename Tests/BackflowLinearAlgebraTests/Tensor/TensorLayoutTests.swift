import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `Reshaping` {
  @Test func `keeps the order of the elements, and shares their memory`() {
    let tensor = counting([2, 3, 4], as: Float.self)
    for shape: Shape in [[24], [6, 4], [4, 1, 6], [2, 3, 4]] {
      let reshaped = tensor.reshaped(to: shape)
      #expect(reshaped.shape == shape && reshaped.elements == tensor.elements)
      #expect(reshaped.storage.sharesMemory(with: tensor.storage))
    }
    #expect(tensor.flattened.shape == [24])
    #expect(tensor.asRows.shape == [6, 4])
    #expect(Tensor<Float>([1, 2]).asRows.shape == [1, 2])
    #expect(Tensor<Float>(scalar: 1).reshaped(to: [1, 1]).shape == [1, 1])
    #expect(Tensor<Float>.zeros([0, 3]).reshaped(to: [5, 0]).shape == [5, 0])
  }

  @Test func `keeps the two values independent`() {
    let tensor = counting([2, 2], as: Double.self)
    var flat = tensor.flattened
    flat[0] = 9
    #expect(tensor[0, 0] == 0 && flat[0] == 9)
  }

  @Test func `stops with both shapes if the numbers of elements differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).reshaped(to: [4, 2])
    }
    #expect(stopMessage(result).contains("shape [2, 3] has 6 elements and cannot become [4, 2]"))
  }
}

@Suite struct `A slice` {
  let tensor = counting([2, 3, 4], as: Double.self)

  @Test func `is a range of any axis`() {
    #expect(tensor.slice(1..<2) == Tensor((12..<24).map(Double.init), shape: [1, 3, 4]))
    #expect(
      tensor.slice(1..<3, axis: 1)
        == Tensor([4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23], shape: [2, 2, 4]))
    #expect(
      tensor.slice(2..<3, axis: 2) == Tensor([2, 6, 10, 14, 18, 22], shape: [2, 3, 1]))
    for axis in 0..<3 {
      #expect(tensor.slice(0..<tensor.shape[axis], axis: axis) == tensor)
      let none = tensor.slice(1..<1, axis: axis)
      #expect(none.shape == tensor.shape.replacing(axis: axis, with: 0) && none.isEmpty)
    }
    #expect(Tensor<Float>([1, 2, 3])[1..<3] == Tensor([2, 3]))
  }

  @Test func `agrees with the elements, along every axis and range`() {
    for axis in 0..<3 {
      for lower in 0..<tensor.shape[axis] {
        for upper in lower...tensor.shape[axis] {
          let part = tensor.slice(lower..<upper, axis: axis)
          for (i, j, k) in indices(of: part.shape) {
            var place = [i, j, k]
            place[axis] += lower
            #expect(part[i, j, k] == tensor[place[0], place[1], place[2]])
          }
        }
      }
    }
  }

  @Test func `of one index removes the axis`() {
    #expect(tensor.select(1) == Tensor((12..<24).map(Double.init), shape: [3, 4]))
    #expect(tensor.select(2, axis: 1) == Tensor([8, 9, 10, 11, 20, 21, 22, 23], shape: [2, 4]))
    #expect(tensor.select(3, axis: 2) == Tensor([3, 7, 11, 15, 19, 23], shape: [2, 3]))
    #expect(Tensor<Double>([5, 6]).select(1) == Tensor(scalar: 6))
  }

  @Test func `is a copy`() {
    var part = tensor.slice(0..<2)
    part[0, 0, 0] = 99
    #expect(tensor[0, 0, 0] == 0)
  }

  @Test func `is replaced along any axis, and nothing else`() {
    for axis in 0..<3 {
      for lower in 0..<tensor.shape[axis] {
        for upper in lower...tensor.shape[axis] {
          let shape = tensor.shape.replacing(axis: axis, with: upper - lower)
          let values = -1 - counting(shape)
          var changed = tensor
          changed.replaceSlice(lower..<upper, axis: axis, with: values)
          for (i, j, k) in indices(of: tensor.shape) {
            var place = [i, j, k]
            let isInside = lower..<upper ~= place[axis]
            place[axis] -= lower
            let expected =
              isInside ? values[place[0], place[1], place[2]] : tensor[i, j, k]
            #expect(changed[i, j, k] == expected)
          }
        }
      }
    }
  }

  @Test func `is replaced through the subscript`() {
    var changed = counting([4, 2], as: Float.self)
    let original = changed
    changed[1..<3] = Tensor(rows: [[10, 11], [12, 13]])
    #expect(changed.elements == [0, 1, 10, 11, 12, 13, 6, 7])
    changed[0..<1] += Tensor(scalar: 100)
    #expect(changed.elements == [100, 101, 10, 11, 12, 13, 6, 7])
    #expect(original.elements == [0, 1, 2, 3, 4, 5, 6, 7])
  }

  @Test func `stops with the shapes if it does not match`() async {
    let range = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).slice(2..<4, axis: 1)
    }
    #expect(stopMessage(range).contains("the range 2..<4 is outside axis 1 of shape [2, 3]"))
    let values = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var tensor = Tensor<Double>.zeros([4, 3])
      tensor.replaceSlice(1..<3, with: .zeros([2, 2]))
    }
    #expect(
      stopMessage(values).contains("a slice has shape [2, 3], but the new values have shape [2, 2]")
    )
    let index = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).select(3, axis: 1)
    }
    #expect(stopMessage(index).contains("index 3 is outside axis 1 of shape [2, 3]"))
    let axis = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).slice(0..<1, axis: 2)
    }
    #expect(stopMessage(axis).contains("[2, 3] has no axis 2"))
  }
}

@Suite struct `Gathering and joining` {
  @Test func `gather rows in the order of the indices, repeats included`() {
    let tensor = counting([3, 1, 2], as: Float.self)
    #expect(tensor.selectRows([2, 0, 2]) == Tensor([4, 5, 0, 1, 4, 5], shape: [3, 1, 2]))
    #expect(tensor.selectRows([]) == .zeros([0, 1, 2]))
    #expect(Tensor<Float>([5, 6, 7]).selectRows([1, 1]) == Tensor([6, 6]))
    #expect(Tensor<Float>.zeros([4, 0]).selectRows([3, 3, 1]).shape == [3, 0])
  }

  @Test func `gather stops if an index is out of bounds`() async {
    let index = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).selectRows([0, 2])
    }
    #expect(stopMessage(index).contains("index 2 is outside axis 0 of shape [2, 3]"))
  }

  @Test func `concatenate reverses slicing, along every axis`() {
    let tensor = counting([2, 3, 4], as: Double.self)
    for axis in 0..<3 {
      for cut in 0...tensor.shape[axis] {
        let parts = [
          tensor.slice(0..<cut, axis: axis), tensor.slice(cut..<tensor.shape[axis], axis: axis),
        ]
        #expect(Tensor.concatenate(parts, axis: axis) == tensor)
      }
    }
    #expect(Tensor.concatenate([tensor]) == tensor)
    #expect(
      Tensor.concatenate([Tensor<Double>([1]), Tensor([]), Tensor([2, 3])]) == Tensor([1, 2, 3]))
  }

  @Test func `concatenate stops with both shapes if they do not match`() async {
    let shapes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.concatenate([.zeros([2, 3]), .zeros([2, 4])], axis: 0)
    }
    #expect(
      stopMessage(shapes).contains("shapes [2, 3] and [2, 4] cannot be joined along axis 0"))
    let nothing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.concatenate([])
    }
    #expect(stopMessage(nothing).contains("concatenate needs at least one tensor"))
  }

  @Test func `stack adds an outermost axis, which select removes`() {
    let (first, second) = (counting([2, 3], as: Double.self), -counting([2, 3], as: Double.self))
    let stacked = Tensor.stack([first, second])
    #expect(stacked.shape == [2, 2, 3])
    #expect(stacked.select(0) == first && stacked.select(1) == second)
    #expect(Tensor.stack([Tensor(scalar: 1.0), Tensor(scalar: 2)]) == Tensor([1, 2]))
  }
}

@Suite struct `Permuting and broadcasting` {
  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func `permuted moves every element to its permuted indices`(axes: [Int]) {
    let tensor = counting([2, 3, 4], as: Float.self)
    let permuted = tensor.permuted(axes)
    #expect(permuted.shape == Shape(axes.map { tensor.shape[$0] }))
    for (i, j, k) in indices(of: tensor.shape) {
      let place = [i, j, k]
      #expect(permuted[place[axes[0]], place[axes[1]], place[axes[2]]] == tensor[i, j, k])
    }
  }

  @Test func `permuted may have no elements or no axes`() {
    #expect(Tensor<Double>.zeros([2, 0, 3]).permuted([2, 0, 1]).shape == [3, 2, 0])
    #expect(Tensor(scalar: 5.0).permuted([]) == Tensor(scalar: 5))
  }

  @Test func `permuted requires each axis once`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).permuted([0, 0])
    }
    #expect(stopMessage(result).contains("[0, 0] is not a permutation of the axes of [2, 3]"))
  }

  @Test func `broadcast repeats along axes of extent 1 and new outer ones`() {
    let row = Tensor<Double>([1, 2, 3])
    #expect(row.broadcast(to: [2, 3]) == Tensor(rows: [[1, 2, 3], [1, 2, 3]]))
    let column = Tensor<Double>(rows: [[1], [2]])
    #expect(column.broadcast(to: [2, 3]) == Tensor(rows: [[1, 1, 1], [2, 2, 2]]))
    let middle = counting([2, 1, 2], as: Double.self).broadcast(to: [3, 2, 2, 2])
    let each = Tensor<Double>([0, 1, 0, 1, 2, 3, 2, 3], shape: [2, 2, 2])
    #expect(middle == .stack([each, each, each]))
    #expect(Tensor(scalar: 7.0).broadcast(to: [2, 2]) == Tensor(rows: [[7, 7], [7, 7]]))
    #expect(column.broadcast(to: [2, 0]) == .zeros([2, 0]))
    #expect(row.broadcast(to: [3]) == row)
  }

  @Test func `broadcast stops with both shapes if they do not match`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Double>.zeros([2, 3]).broadcast(to: [3])
    }
    #expect(stopMessage(result).contains("shape [2, 3] does not broadcast to [3]"))
  }
}

/// The indices of a tensor of rank 3.
private func indices(of shape: Shape) -> [(Int, Int, Int)] {
  (0..<shape[0]).flatMap { i in
    (0..<shape[1]).flatMap { j in (0..<shape[2]).map { k in (i, j, k) } }
  }
}
