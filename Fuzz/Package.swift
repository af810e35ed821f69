// swift-tools-version: 6.2
import PackageDescription

// The fuzz targets of the readers of checkpoints and tables. They are a package of their own because they link
// libFuzzer. scripts/fuzz builds and runs them.
let readers = ["FuzzSafetensors", "FuzzNPY", "FuzzNPZ", "FuzzTorch", "FuzzPickle", "FuzzCSV"]

let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "backflow", path: "..")],
  targets: [
    .target(name: "CLibFuzzer"),
    .target(
      name: "FuzzSupport",
      dependencies: ["CLibFuzzer", .product(name: "Backflow", package: "backflow")]),
  ]
    + readers.map {
      .executableTarget(
        name: $0, dependencies: ["FuzzSupport", .product(name: "Backflow", package: "backflow")])
    },
  swiftLanguageModes: [.v6]
)
