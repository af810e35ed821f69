import Backflow

// The program for scripts/tests/interrupt-saves: saves networks in succession, each with equal
// elements that are greater by one than those of the last, and reads such a network.
@main
struct SaveLoop {
  /// Sixteen parameters, two buffers and a counter with a total of several hundred kilobytes.
  struct Uniform: Parameterized {
    var values: [Tensor<Float>]
    var norm = BatchNorm<Float>(channels: 500)

    init(_ value: Float, parameters: Int = 16) {
      values = (0..<parameters).map { Tensor(repeating: value, shape: [$0 + 1, 100]) }
      visitAll { $0 = Tensor(repeating: value, shape: $0.shape) }
      visitCounters { $1 = Int(value) }
    }

    mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
      for index in values.indices { visit("layer\(index).weight", &values[index]) }
      norm.visitParameters(under: "norm", visit)
    }

    mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
      norm.visitBuffers(under: "norm", visit)
    }

    mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
      norm.visitCounters(under: "norm", visit)
    }

    private mutating func visitAll(_ visit: (inout Tensor<Float>) -> Void) {
      visitParameters { _, tensor in visit(&tensor) }
      visitBuffers { _, tensor in visit(&tensor) }
    }

    /// The different values of the elements.
    var numbers: Set<Float> {
      var copy = self
      var numbers: Set<Float> = []
      copy.visitAll { numbers.formUnion($0.elements) }
      copy.visitCounters { numbers.insert(Float($1)) }
      return numbers
    }
  }

  /// The parameters of the other architecture.
  static let fewer = 5

  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else {
      print("usage: save-loop save PATH NUMBER TIMES [fewer] | read PATH")
      return
    }
    let path = arguments[2]
    do {
      if arguments[1] == "save", arguments.count >= 5, let number = Float(arguments[3]),
        let times = Int(arguments[4])
      {
        for index in 0..<times {
          let network = Uniform(
            number + Float(index), parameters: arguments.last == "fewer" ? fewer : 16)
          try Checkpoint(network).writeDirectory(to: path)
        }
        print("saved")
      } else {
        var model = Uniform(-1)
        do {
          try model.load(Checkpoint(contentsOf: path))
        } catch {
          // A save may change the architecture between the two readings.
          model = Uniform(-1, parameters: fewer)
          do {
            try model.load(Checkpoint(contentsOf: path))
          } catch {
            model = Uniform(-1)
            try model.load(Checkpoint(contentsOf: path))
          }
        }
        print("read", model.numbers.sorted().map { "\(Int($0))" }.joined(separator: " "))
      }
    } catch {
      print("failed", error)
    }
  }
}
