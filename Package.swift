// swift-tools-version: 6.2
import PackageDescription

// All Swift targets except the tests use strict memory safety. It marks unsafe code with `unsafe`,
// which scripts/check-layering allows only in BackflowKernels and BackflowFiles.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

let complex = Target.Dependency.product(name: "ComplexModule", package: "swift-numerics")
let collections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let real = Target.Dependency.product(name: "RealModule", package: "swift-numerics")

// The DocC plugin. Only scripts/documentation needs it, and without the condition, every client of
// this package would resolve it.
let documentation: [Package.Dependency] =
  Context.environment["BACKFLOW_DOCUMENTATION"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

let package = Package(
  name: "backflow",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Backflow", targets: ["Backflow"]),
    .executable(name: "backflow", targets: ["BackflowCommand"]),
    .executable(name: "backflow-benchmark", targets: ["BackflowBenchmark"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ] + documentation,
  targets: [
    // MARK: C, below the floor (see ARCHITECTURE.md)
    .systemLibrary(
      name: "COpenBLAS",
      pkgConfig: Context.environment["BACKFLOW_CBLAS"] ?? "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CLAPACKE",
      pkgConfig: Context.environment["BACKFLOW_LAPACKE"] ?? "lapacke",
      providers: [.apt(["liblapacke-dev"]), .brew(["lapack"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CVectorKernels"),
    .target(name: "CDigits", exclude: ["digits.md", "digits.u8"]),
    .target(name: "CFileCalls"),
    .target(name: "CProcessors"),

    // MARK: The floor
    .target(
      name: "BackflowKernels",
      dependencies: ["COpenBLAS", "CLAPACKE", "CProcessors", "CVectorKernels", real, complex],
      swiftSettings: strict),

    // MARK: The file system
    .target(name: "BackflowFiles", dependencies: ["CFileCalls", "CZlib"], swiftSettings: strict),

    // MARK: Above the floor
    .target(
      name: "BackflowLinearAlgebra",
      dependencies: ["BackflowKernels", real, complex],
      swiftSettings: strict),
    .target(
      name: "BackflowLayers",
      dependencies: ["BackflowKernels", "BackflowLinearAlgebra", real],
      swiftSettings: strict),
    .target(
      name: "BackflowGradientCheck",
      dependencies: ["BackflowKernels", "BackflowLayers", "BackflowLinearAlgebra"],
      swiftSettings: strict),
    .target(
      name: "BackflowStability",
      dependencies: ["BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers", real, complex],
      swiftSettings: strict),
    .target(
      name: "BackflowHealth",
      dependencies: ["BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers", real],
      swiftSettings: strict),
    .target(
      name: "BackflowFigures",
      dependencies: [
        "BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers", "BackflowHealth",
        "BackflowStability", complex, real,
      ],
      swiftSettings: strict),
    .target(
      name: "BackflowCheckpoints",
      dependencies: [
        "BackflowFiles", "BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers", collections,
      ],
      swiftSettings: strict),
    .target(
      name: "BackflowInspection",
      dependencies: [
        "BackflowCheckpoints", "BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers",
        "BackflowStability", collections, real,
      ],
      swiftSettings: strict),
    .target(
      name: "BackflowDatasets",
      dependencies: [
        "BackflowCheckpoints", "BackflowFiles", "BackflowKernels", "BackflowLinearAlgebra",
        "BackflowLayers", "CDigits", collections, real,
      ],
      swiftSettings: strict),
    .target(
      name: "BackflowTraining",
      dependencies: [
        "BackflowCheckpoints", "BackflowDatasets", "BackflowFiles", "BackflowHealth",
        "BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers", collections,
      ],
      swiftSettings: strict),
    .target(
      name: "Backflow",
      dependencies: [
        "BackflowKernels", "BackflowLinearAlgebra", "BackflowLayers", "BackflowGradientCheck",
        "BackflowHealth", "BackflowStability", "BackflowFigures", "BackflowCheckpoints",
        "BackflowInspection", "BackflowDatasets", "BackflowTraining", collections, complex, real,
      ],
      swiftSettings: strict),

    // MARK: Programs with a single import
    .target(
      name: "BackflowLessons",
      dependencies: ["Backflow", real],
      swiftSettings: strict),
    .target(
      name: "BackflowSelfTest",
      dependencies: ["Backflow", complex, real],
      swiftSettings: strict),

    // MARK: Executables
    .target(
      name: "BackflowConsole",
      dependencies: [
        "BackflowKernels", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "BackflowCommand",
      dependencies: [
        "Backflow", "BackflowConsole", "BackflowFiles", "BackflowLessons", "BackflowSelfTest",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "BackflowBenchmark",
      dependencies: [
        "Backflow", "BackflowConsole", "BackflowFiles", "BackflowKernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        complex, real,
      ],
      path: "Benchmarks/BackflowBenchmark",
      swiftSettings: strict),

    // MARK: Tests
    // malloc.h, which is not part of Swift's Glibc module.
    .systemLibrary(name: "CMalloc", path: "Tests/CMalloc"),
    .target(name: "TestSupport", dependencies: ["Backflow"], path: "Tests/TestSupport"),
    // Programs for scripts/tests/npy-headers and scripts/tests/interrupt-saves.
    .executableTarget(name: "npy-verdicts", dependencies: ["Backflow"], path: "Tests/NPYVerdicts"),
    // Programs for scripts/test, for scripts/compare-checkpoints and for measuring the reading of
    // large files.
    .executableTarget(
      name: "checkpoint-damage", dependencies: ["Backflow"], path: "Tests/CheckpointDamage"),
    .executableTarget(
      name: "checkpoint-exchange", dependencies: ["Backflow", "TestSupport"],
      path: "Tests/CheckpointExchange"),
    .executableTarget(
      name: "checkpoint-speed", dependencies: ["Backflow"], path: "Tests/CheckpointSpeed"),
    .executableTarget(name: "save-loop", dependencies: ["Backflow"], path: "Tests/SaveLoop"),
    // A program for scripts/tests/tensorboard.
    .executableTarget(
      name: "tensorboard-events", dependencies: ["Backflow"], path: "Tests/TensorBoardEvents"),
    .testTarget(name: "TestSupportTests", dependencies: ["TestSupport", "Backflow"]),
    .testTarget(
      name: "BackflowTests", dependencies: ["Backflow", "TestSupport"]),
    .testTarget(
      name: "BackflowKernelsTests",
      dependencies: ["BackflowKernels", "CVectorKernels", "TestSupport"]),
    .testTarget(
      name: "BackflowLinearAlgebraTests",
      dependencies: ["BackflowLinearAlgebra", "BackflowKernels", "TestSupport", complex, real]),
    .testTarget(
      name: "BackflowLayersTests",
      dependencies: ["Backflow", "BackflowKernels", "CMalloc", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "BackflowGradientCheckTests", dependencies: ["Backflow", "TestSupport"]),
    .testTarget(
      name: "BackflowStabilityTests",
      dependencies: ["Backflow", "BackflowSelfTest", "TestSupport", complex],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "BackflowHealthTests", dependencies: ["Backflow", "BackflowKernels", "TestSupport"]),
    .testTarget(name: "BackflowFiguresTests", dependencies: ["Backflow", "TestSupport"]),
    .testTarget(name: "BackflowFilesTests", dependencies: ["BackflowFiles", "TestSupport"]),
    .testTarget(
      name: "BackflowCheckpointsTests", dependencies: ["Backflow", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "BackflowInspectionTests", dependencies: ["Backflow", "TestSupport"]),
    .testTarget(name: "BackflowDatasetsTests", dependencies: ["Backflow", "TestSupport"]),
    .testTarget(name: "BackflowTrainingTests", dependencies: ["Backflow", "TestSupport"]),
    .testTarget(
      name: "BackflowLessonsTests", dependencies: ["Backflow", "BackflowLessons", "TestSupport"]),
    .testTarget(
      name: "BackflowCommandTests",
      dependencies: [
        "Backflow", "BackflowBenchmark", "BackflowCommand", "BackflowSelfTest", "TestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
