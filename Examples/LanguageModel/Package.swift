// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "LanguageModel",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "backflow", path: "../..")],
  targets: [
    .executableTarget(
      name: "LanguageModel", dependencies: [.product(name: "Backflow", package: "backflow")])
  ]
)
