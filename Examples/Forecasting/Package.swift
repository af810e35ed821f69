// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Forecasting",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "backflow", path: "../..")],
  targets: [
    .executableTarget(
      name: "Forecasting", dependencies: [.product(name: "Backflow", package: "backflow")])
  ]
)
