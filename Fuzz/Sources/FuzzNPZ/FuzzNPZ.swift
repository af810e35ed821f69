import FuzzSupport

@main struct FuzzNPZ {
  static func main() { fuzz { bytes in readEverything(bytes, name: "a.npz") } }
}
