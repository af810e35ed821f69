import Foundation
import Testing

@Suite struct `The gate kernels of every instruction set` {
  @Test func `keep the digits of slopes where the candidate is near 1`() {
    for table in KernelTable<Float>.all {
      let n = 45
      let candidate: [Float] = Samples.uniform(n, in: 0.99...0.99999)
      let (half, one, zero) = (
        [Float](repeating: 0.5, count: n), [Float](repeating: 1, count: n),
        [Float](repeating: 0, count: n)
      )
      let slopes = candidate.map { 0.5 * (1 - Double($0)) * (1 + Double($0)) }
      var (dc, gradients) = (one, [Float](repeating: 0, count: 4 * n))
      table.lstmBackward(
        1, n, half + half + candidate + half, zero, zero, zero, zero, &dc, &gradients)
      let label = Comment(rawValue: table.isa)
      #expect(mismatch(Array(gradients[2 * n..<3 * n]), slopes, ulps: 4) == nil, label)

      var (next, products) = (zero, [Float](repeating: 0, count: 3 * n))
      gradients = products
      table.gruBackward(
        1, n, half + half + candidate, products, zero, one, &next, &gradients, &products)
      #expect(mismatch(Array(gradients[2 * n..<3 * n]), slopes, ulps: 4) == nil, label)
    }
  }
}

// Four vectors at a time, and the rest: less than four vectors, less than one.
private let shapes = [
  (0, 3), (1, 1), (1, 7), (2, 8), (3, 17), (2, 33), (1, 64), (1, 96), (2, 130),
]

/// The equations of the LSTM, forward and backward.
func checkLSTM<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, hidden) in shapes {
    checkLSTM(table, rows, hidden, "\(table.isa) \(T.self) \(rows)×\(hidden)")
  }
}

/// The equations of the GRU, forward and backward.
func checkGRU<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for (rows, hidden) in shapes {
    checkGRU(table, rows, hidden, "\(table.isa) \(T.self) \(rows)×\(hidden)")
  }
}

private func checkLSTM<T: BinaryFloatingPoint>(
  _ table: KernelTable<T>, _ rows: Int, _ hidden: Int, _ label: Comment
) {
  let n = rows * hidden
  func draw(_ count: Int, _ seed: UInt64) -> [T] {
    Samples.uniform(count, in: -2...2, seed: seed)
  }
  let (z, bias, cPrevious) = (draw(4 * n, 1), draw(4 * hidden, 2), draw(n, 3))
  var (gates, c, tanhC, h) = (
    z, [T](repeating: 7, count: n), [T](repeating: 7, count: n), [T](repeating: 7, count: n)
  )
  table.lstmForward(rows, hidden, bias, cPrevious, &gates, &c, &tanhC, &h)

  let (dy, dhNext, dc) = (draw(n, 4), draw(n, 5), draw(n, 6))
  var (dGates, dcOut) = ([T](repeating: 7, count: 4 * n), dc)
  table.lstmBackward(rows, hidden, gates, cPrevious, tanhC, dy, dhNext, &dcOut, &dGates)

  for row in 0..<rows {
    for j in 0..<hidden {
      let at = row * hidden + j
      func gate(_ index: Int) -> Int { row * 4 * hidden + index * hidden + j }
      let a = (0..<4).map { Double(z[gate($0)]) + Double(bias[$0 * hidden + j]) }
      let (i, f, g, o) = (sigma(a[0]), sigma(a[1]), tanh(a[2]), sigma(a[3]))
      let cell = f * Double(cPrevious[at]) + i * g
      expect(gates[gate(0)], i, label)
      expect(gates[gate(1)], f, label)
      expect(gates[gate(2)], g, label)
      expect(gates[gate(3)], o, label)
      expect(c[at], cell, label)
      expect(tanhC[at], tanh(cell), label)
      expect(h[at], o * tanh(cell), label)

      let dh = Double(dy[at]) + Double(dhNext[at])
      let dCell = Double(dc[at]) + dh * o * (1 - tanh(cell) * tanh(cell))
      expect(dGates[gate(0)], dCell * g * i * (1 - i), label)
      expect(dGates[gate(1)], dCell * Double(cPrevious[at]) * f * (1 - f), label)
      expect(dGates[gate(2)], dCell * i * (1 - g * g), label)
      expect(dGates[gate(3)], dh * tanh(cell) * o * (1 - o), label)
      expect(dcOut[at], dCell * f, label)
    }
  }
}

private func checkGRU<T: BinaryFloatingPoint>(
  _ table: KernelTable<T>, _ rows: Int, _ hidden: Int, _ label: Comment
) {
  let n = rows * hidden
  func draw(_ count: Int, _ seed: UInt64) -> [T] {
    Samples.uniform(count, in: -2...2, seed: seed)
  }
  let (x, u, bias, previous) = (draw(3 * n, 1), draw(3 * n, 2), draw(4 * hidden, 3), draw(n, 4))
  var (gates, products, h) = (x, u, [T](repeating: 7, count: n))
  table.gruForward(rows, hidden, bias, previous, &gates, &products, &h)

  let (dy, dhNext) = (draw(n, 5), draw(n, 6))
  var (dhOut, dGates) = (dhNext, [T](repeating: 7, count: 3 * n))
  var dProducts = dGates
  table.gruBackward(rows, hidden, gates, products, previous, dy, &dhOut, &dGates, &dProducts)

  for row in 0..<rows {
    for j in 0..<hidden {
      let at = row * hidden + j
      func gate(_ index: Int) -> Int { row * 3 * hidden + index * hidden + j }
      func b(_ index: Int) -> Double { Double(bias[index * hidden + j]) }
      let r = sigma(Double(x[gate(0)]) + Double(u[gate(0)]) + b(0))
      let z = sigma(Double(x[gate(1)]) + Double(u[gate(1)]) + b(1))
      let q = Double(u[gate(2)]) + b(3)
      let candidate = tanh(Double(x[gate(2)]) + b(2) + r * q)
      let old = Double(previous[at])
      expect(gates[gate(0)], r, label)
      expect(gates[gate(1)], z, label)
      expect(gates[gate(2)], candidate, label)
      expect(products[gate(2)], q, label)
      expect(h[at], (1 - z) * candidate + z * old, label)

      let dh = Double(dy[at]) + Double(dhNext[at])
      let dn = dh * (1 - z) * (1 - candidate * candidate)
      let dr = dn * q * r * (1 - r)
      let dz = dh * (old - candidate) * z * (1 - z)
      for (index, value) in [dr, dz, dn].enumerated() {
        expect(dGates[gate(index)], value, label)
      }
      for (index, value) in [dr, dz, dn * r].enumerated() {
        expect(dProducts[gate(index)], value, label)
      }
      expect(dhOut[at], dh * z, label)
    }
  }
}

/// Sums of a few rounded terms of size up to about 10.
private func expect<T: BinaryFloatingPoint>(_ actual: T, _ expected: Double, _ label: Comment) {
  #expect(abs(Double(actual) - expected) <= 100 * Double(T.ulpOfOne), label)
}

private func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
