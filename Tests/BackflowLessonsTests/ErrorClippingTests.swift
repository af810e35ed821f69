import Backflow
import BackflowLessons
import TestSupport
import Testing

@Suite struct `A limit on the error` {
  /// δ from −2 to 1.75 in quarters, with a target of 0: spragunr/deep_q_rl, issue 46.
  let errors = Tensor<Float>((0..<16).map { Float($0) / 4 - 2 })

  func gradientOfSum(_ clipping: ErrorClipping) -> [Float] {
    (clipping.loss(errors, .zeros([16]), limit: 1).gradient * 16).elements
  }

  @Test func `inside the square gives zero gradient beyond it`() {
    #expect(
      gradientOfSum(.insideSquare) == [
        0, 0, 0, 0, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 0, 0, 0,
      ])
  }

  @Test func `by Huber's loss limits the gradient beyond it`() {
    #expect(
      gradientOfSum(.huber) == [
        -1, -1, -1, -1, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1,
      ])
  }

  @Test func `on the gradients of the parameters does not change the loss`() {
    #expect(gradientOfSum(.gradientNorm) == errors.elements)
  }

  // ½ δ² is 2, ½, and ⅛ at 2, 1, and ½.
  @Test(arguments: [
    (ErrorClipping.insideSquare, Float(0.5 + 0.5 + 0.125)), (.huber, 1.5 + 0.5 + 0.125),
    (.gradientNorm, 2 + 0.5 + 0.125),
  ])
  func `has this mean loss`(clipping: ErrorClipping, sum: Float) {
    let loss = clipping.loss(Tensor([3, -1, 0.5]), Tensor([1, 0, 1]), limit: 1).loss
    expectClose([Double(loss)], [Double(sum / 3)], Tolerance(Float.self, length: 3, scale: 1))
  }

  // Central differences are exact for a parabola and for a line, and the steps do not reach the
  // kink.
  @Test(arguments: ErrorClipping.allCases, [Float(0.5), 2, 10, 100, -0.5, -2, -10, -100])
  func `has the gradient of its loss`(clipping: ErrorClipping, error: Float) {
    func loss(_ error: Float) -> Float {
      clipping.loss(Tensor([error]), Tensor([0]), limit: 1).loss
    }
    let slope = (loss(error + 0.25) - loss(error - 0.25)) / 0.5
    #expect(clipping.loss(Tensor([error]), Tensor([0]), limit: 1).gradient == Tensor([slope]))
  }
}
