import Backflow
import BackflowLessons
import TestSupport
import Testing

@Suite struct `The losses of an error` {
  let shapes = LossShapes()

  // ½ · 3², ½ · 1², and 3 − ½.
  @Test(arguments: [Float(3), -3])
  func `differ beyond the limit`(error: Float) {
    let sign = Double(error.sign == .plus ? 1 : -1)
    #expect(shapes.square(error) == (4.5, 3 * sign))
    #expect(shapes.clippedSquare(error) == (0.5, 0))
    #expect(shapes.huber(error) == (2.5, sign))
  }

  @Test(arguments: [Float(-1), -0.5, 0, 0.25, 1])
  func `agree within the limit`(error: Float) {
    #expect(shapes.clippedSquare(error) == shapes.square(error))
    #expect(shapes.huber(error) == shapes.square(error))
  }

  @Test func `include Huber's loss, the square with a clipped gradient`() {
    var random = RandomSource(seed: 6)
    let (prediction, target): (Tensor<Float>, Tensor<Float>) = (
      random.normal([200], standardDeviation: 3), random.normal([200])
    )
    for limit in [Float(0.5), 1, 2] {
      let written = squareOfClippedGradient(prediction, target, limit: limit)
      let library = huber(prediction, target, delta: Double(limit))
      let tolerance = Tolerance(Float.self, length: 8, scale: 4)
      expectClose([Double(written.loss)], [Double(library.loss)], tolerance)
      expectClose(
        (written.gradient * 200).elements.map { Double($0) },
        (library.gradient * 200).elements.map { Double($0) }, tolerance)
    }
  }
}
