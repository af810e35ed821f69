import Backflow

// For scripts/tests/npy-headers: reads the paths of .npy files from standard input, and prints for each
// either its shape and the bits of its elements as doubles, or why it is refused.
@main
struct NPYVerdicts {
  static func main() {
    while let path = readLine() {
      do {
        let tensor = try NPY.read(path, as: Double.self)
        let bits = tensor.elements.map { String($0.bitPattern, radix: 16) }
        print("read", Array(tensor.shape), bits.joined(separator: " "), separator: "\t")
      } catch {
        print("refused", error.problem, separator: "\t")
      }
    }
  }
}
