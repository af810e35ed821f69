import Backflow

// The program for scripts/tests/npy-headers: reads paths of .npy files from standard input, and
// prints for each its shape and the bits of its elements as doubles, or why it is rejected.
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
