import FuzzSupport

@main struct FuzzNPY {
  static func main() { fuzz { bytes in readEverything(bytes, name: "a.npy") } }
}
