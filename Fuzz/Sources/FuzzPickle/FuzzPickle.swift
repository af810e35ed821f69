import FuzzSupport

@main struct FuzzPickle {
  static func main() { fuzz { bytes in readEverything(bytes, name: "a.pkl") } }
}
