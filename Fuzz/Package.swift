// swift-tools-version: 6.2
import PackageDescription

// The fuzz targets of the readers of checkpoints. They are a package of their own because they
// have no `main`: libFuzzer provides it. scripts/fuzz builds and runs them.
let readers = ["FuzzSafetensors", "FuzzNPY", "FuzzNPZ", "FuzzTorch", "FuzzPickle"]

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "backflow", path: "..")],
  targets: [
    .target(name: "FuzzSupport", dependencies: [.product(name: "Backflow", package: "backflow")])
  ] + readers.map { .executableTarget(name: $0, dependencies: ["FuzzSupport"]) },
  swiftLanguageModes: [.v6]
)
