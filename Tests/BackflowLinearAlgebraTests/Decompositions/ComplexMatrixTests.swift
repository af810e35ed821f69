import BackflowLinearAlgebra
import ComplexModule
import Testing

@Suite struct `A complex matrix` {
  let matrix = ComplexMatrix<Double>(
    rows: 2, columns: 3, elements: (0..<6).map { Complex(Double($0), -Double($0)) })

  @Test func `stores its rows consecutively`() {
    #expect(matrix[0, 2] == Complex(2, -2))
    #expect(matrix[1, 0] == Complex(3, -3))
    #expect(matrix.column(1) == [Complex(1, -1), Complex(4, -4)])
  }

  @Test func `is a value`() {
    var copy = matrix
    copy[1, 1] = .zero
    #expect(copy[1, 1] == .zero)
    #expect(matrix[1, 1] == Complex(4, -4))
    #expect(copy != matrix)
  }

  @Test func `stops at indices out of bounds`() async {
    await #expect(processExitsWith: .failure) {
      _ = ComplexMatrix<Double>(rows: 1, columns: 1, elements: [.zero])[0, 1]
    }
    await #expect(processExitsWith: .failure) {
      _ = ComplexMatrix<Double>(rows: 2, columns: 1, elements: [.zero])
    }
  }
}
