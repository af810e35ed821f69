import FuzzSupport

@main struct FuzzSafetensors {
  static func main() { fuzz { bytes in readEverything(bytes, name: "a.safetensors") } }
}
