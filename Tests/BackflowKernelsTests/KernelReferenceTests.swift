import CVectorKernels
import Foundation
import Testing

/// Every kernel against its reference in double precision, on every instruction set. The `switch`
/// below must name each kernel of `kernel_list.h`: without a reference test, a kernel does not
/// compile.
@Suite struct `VectorKernels, every kernel` {
  @Test(arguments: KernelName.allCases) func `agrees with its reference`(kernel: KernelName) {
    for table in KernelTable<Float>.all { check(kernel, table) }
    for table in KernelTable<Double>.all { check(kernel, table) }
  }

  @Test func `the benchmark's yardstick does the operations that it claims`() {
    for table in KernelTable<Float>.all {
      guard let peak = backflow_peak_for(table.isa)?.pointee else {
        Issue.record("no yardstick for \(table.isa)")
        continue
      }
      // Every sum s ← s/2 + ½ ends at 1, so the result is the number of sums, and each of them
      // makes eight steps of two operations a round.
      let sums = Int(peak.run(1000, 3))
      #expect(sums > 0)
      #expect(peak.flops_per_round == sums * 8 * 2)
    }
    #expect(backflow_peak_for("unknown") == nil)
  }
}

/// Kernels that are checked together are checked once, for the first of them.
///
/// Tolerances of one IEEE operation are 0 ulp; others are the error in `kernel_list.h` and up to
/// two units for the reference itself.
private func check<T: BinaryFloatingPoint>(_ kernel: KernelName, _ table: KernelTable<T>) {
  let label = Comment(rawValue: "\(table.isa) \(T.self) \(kernel)")
  switch kernel {
  // Elementwise
  case .fill, .addScalar, .scale, .clamp, .toDouble, .fromDouble:
    if kernel == .fill { checkScalars(table) }
  case .add: checkBinary(table.add, label) { $0 + $1 }
  case .subtract: checkBinary(table.subtract, label) { $0 - $1 }
  case .multiply: checkBinary(table.multiply, label) { $0 * $1 }
  case .multiplyAdd: checkMultiplyAdd(table.multiplyAdd, label)
  case .divide: checkBinary(table.divide, label) { $0 / $1 }
  case .maximum: checkBinary(table.maximum, label) { larger($0, $1) }
  case .minimum: checkBinary(table.minimum, label) { -larger(-$0, -$1) }
  case .negate: checkUnary(table.negate, ulps: 0, label) { -$0 }
  case .absolute: checkUnary(table.absolute, ulps: 0, label) { $0.magnitude }
  case .square: checkUnary(table.square, ulps: 0, label) { $0 * $0 }
  case .squareRoot: checkUnary(table.squareRoot, ulps: 0, label) { $0.squareRoot() }
  case .reciprocal: checkUnary(table.reciprocal, ulps: 0, label) { 1 / $0 }
  case .addWithError: checkAddWithError(table)
  case .exp: checkUnary(table.exp, ulps: 2, label) { exp($0) }
  case .log: checkUnary(table.log, ulps: 2, label) { log($0) }

  // Activations
  case .tanh: checkUnary(table.tanh, ulps: 4, label) { tanh($0) }
  case .tanhBackward:
    checkBackward(table.tanhBackward, label, { y, dy in dy * (1 - y * y) }) { y, dy in
      dy.magnitude * (1 + y * y)
    }
  case .tanhBackwardAt: checkBackward(table.tanhBackwardAt, at: .tanh, label)
  case .sigmoid:
    checkUnary(table.sigmoid, ulps: 5, label) {
      $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0))
    }
  case .sigmoidBackward:
    checkBackward(table.sigmoidBackward, label, { y, dy in dy * y * (1 - y) }) { y, dy in
      dy.magnitude * y.magnitude
    }
  case .sigmoidBackwardAt: checkBackward(table.sigmoidBackwardAt, at: .sigmoid, label)
  case .relu: checkUnary(table.relu, ulps: 0, label) { $0 <= 0 ? 0 : $0 }
  case .reluBackward:
    checkBackward(table.reluBackward, label, { y, dy in y > 0 ? dy : y.isNaN ? .nan : 0 }) {
      y, dy in y > 0 ? dy.magnitude : 0
    }
  case .leakyReLU, .leakyReLUBackward, .elu, .eluBackward:
    if kernel == .leakyReLU { checkLeakyUnits(table) }
  case .softplus:
    checkUnary(table.softplus, ulps: 5, label) {
      $0 < 0 ? log1p(exp($0)) : $0 + log1p(exp(-$0))
    }
  case .softplusBackward: checkBackward(table.softplusBackward, at: .softplus, label)
  case .silu: checkGated(table.silu, .silu, label)
  case .siluBackward: checkBackward(table.siluBackward, at: .silu, label)
  case .gelu: checkGated(table.gelu, .gelu, label)
  case .geluBackward: checkBackward(table.geluBackward, at: .gelu, label)
  case .geluTanh: checkGated(table.geluTanh, .geluTanh, label)
  case .geluTanhBackward: checkBackward(table.geluTanhBackward, at: .geluTanh, label)
  case .dropout: checkDropout(table)

  // Gates
  case .lstmForward, .lstmBackward:
    if kernel == .lstmForward { checkLSTM(table) }
  case .gruForward, .gruBackward:
    if kernel == .gruForward { checkGRU(table) }

  // Reductions
  case .sum, .sumOfSquares, .dot:
    if kernel == .sum { checkSums(table) }
  case .updateSquares, .scaledProducts:
    if kernel == .updateSquares { checkFusedSums(table) }
  case .maximumOf, .minimumOf, .maxMagnitude:
    if kernel == .maximumOf { checkExtremes(table) }
  case .nonfiniteCount, .indexOfMaximum:
    if kernel == .nonfiniteCount { checkCounts(table) }

  // Rows
  case .addRow, .multiplyRow, .sumRows, .rowSums, .rowArgmax, .countBeyond, .columnMaxima:
    if kernel == .addRow { checkRowUpdatesAndSums(table) }
  case .softmax, .logSoftmax:
    if kernel == .softmax { checkSoftmax(table) }
  case .softmaxBackward, .logSoftmaxBackward:
    if kernel == .softmaxBackward { checkSoftmaxBackward(table) }
  case .causalSoftmax: checkCausalSoftmax(table)
  case .transpose: checkTransposition(table)
  case .indexSelect, .indexAdd:
    if kernel == .indexSelect { checkIndexedRows(table) }
  case .outerProduct: checkOuterProduct(table)
  case .gather, .scatter, .weightRows:
    if kernel == .gather { checkIndexedColumns(table) }
  case .sumWeightedGroups: checkWeightedGroups(table)

  // Channels
  case .channelSums, .channelDots:
    if kernel == .channelSums { checkChannelSums(table) }
  case .channelMoments: checkChannelMoments(table)
  case .channelStandardize: checkStandardize(table)
  case .channelAffine, .channelResiduals:
    if kernel == .channelAffine { checkChannelMaps(table) }

  // Layer normalization
  case .layerNorm, .layerNormBackward:
    if kernel == .layerNorm { checkLayerNorm(table) }

  // Windows
  case .unfold, .fold:
    if kernel == .unfold { checkUnfolding(table) }
  case .maxPool, .maxPoolBackward:
    if kernel == .maxPool { checkMaxPool(table) }
  case .averagePool, .averagePoolBackward:
    if kernel == .averagePool { checkAveragePool(table) }

  // Convolution
  case .shiftedSize, .shiftImage, .shifts, .convolve, .flipTaps, .convolutionWeights,
    .convolutionDots:
    if kernel == .shiftedSize { checkConvolution(table) }

  // Losses
  case .squaredError:
    checkElementwiseLoss(table.squaredError, label, LossReference.squaredError)
  case .sigmoidCrossEntropy:
    checkElementwiseLoss(table.sigmoidCrossEntropy, label, LossReference.sigmoidCrossEntropy)
  case .huber:
    checkElementwiseLoss(
      { table.huber($0, 0.75, $1, $2, $3, $4, $5) }, label, LossReference.huber)
  case .smoothL1:
    checkElementwiseLoss(
      { table.smoothL1($0, 0.75, $1, $2, $3, $4, $5) }, label, LossReference.smoothL1)
    checkElementwiseLoss(
      { table.smoothL1($0, 0, $1, $2, $3, $4, $5) }, label, LossReference.absolute)
  case .crossEntropy, .softCrossEntropy, .multiclassHinge:
    if kernel == .crossEntropy { checkRowLosses(table) }

  // Optimizers
  case .sgdUpdate, .adamUpdate, .rmspropUpdate, .adagradUpdate:
    if kernel == .sgdUpdate { checkOptimizers(table) }

  // Packed product
  case .packedSize, .pack, .packedProduct:
    if kernel == .packedSize { checkPackedProduct(table) }
  case .columnsProduct: checkColumnsProduct(table)
  }
}

private func larger(_ a: Double, _ b: Double) -> Double {
  if a.isNaN || b.isNaN { return .nan }
  if a == b { return a.sign == .minus ? b : a }
  return a > b ? a : b
}
