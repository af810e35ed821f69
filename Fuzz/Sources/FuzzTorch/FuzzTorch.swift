import FuzzSupport

@main struct FuzzTorch {
  static func main() { fuzz { bytes in readEverything(bytes, name: "a.pt") } }
}
