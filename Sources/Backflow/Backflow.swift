// One import for users; no code of its own. Eigenvalues are of type `Complex`, scalars are `Real`, so the
// modules of these come along.
@_exported public import BackflowCheckpoints
@_exported public import BackflowDatasets
@_exported public import BackflowGradientCheck
@_exported public import BackflowHealth
@_exported public import BackflowKernels
@_exported public import BackflowLayers
@_exported public import BackflowLinearAlgebra
@_exported public import BackflowReport
@_exported public import BackflowStability
@_exported public import ComplexModule
@_exported public import RealModule
