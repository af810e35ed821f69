// A single import for users. Eigenvalues have the type `Complex`, scalars conform to `Real`, and
// the tensors of a checkpoint are an `OrderedDictionary`, so that the modules of these are exported
// too.
@_exported public import BackflowCheckpoints
@_exported public import BackflowDatasets
@_exported public import BackflowGradientCheck
@_exported public import BackflowHealth
@_exported public import BackflowInspection
@_exported public import BackflowKernels
@_exported public import BackflowLayers
@_exported public import BackflowLinearAlgebra
@_exported public import BackflowFigures
@_exported public import BackflowStability
@_exported public import BackflowTraining
@_exported public import ComplexModule
@_exported public import OrderedCollections
@_exported public import RealModule
