// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Tabular",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "backflow", path: "../..")],
  targets: [
    .executableTarget(
      name: "Tabular", dependencies: [.product(name: "Backflow", package: "backflow")])
  ]
)
