internal import BackflowLinearAlgebra
internal import BackflowStability
internal import ComplexModule
internal import RealModule

extension ChartFigure {
  /// The eigenvalues and pseudospectra of the matrices of a layer.
  static func spectrum(of layer: LayerStability) throws(StabilityError) -> ChartFigure? {
    let blocks = layer.matrices
    guard !blocks.isEmpty else { return nil }
    let size = plotSize(ofOneOf: blocks.count)
    var panels: [LineChart] = []
    for block in blocks { panels.append(try SpectrumPanel(of: block, plot: size).chart) }
    return ChartFigure(
      "\(layer.name): eigenvalues and pseudospectra",
      notes: [
        "A line at ε encloses all eigenvalues of A + E with ‖E‖ ≤ ε: σ_min(zI − A) = ε."
      ], panels: panels)
  }
}

/// The complex plane with the eigenvalues of one matrix.
struct SpectrumPanel {
  private let block: AnalyzedBlock
  private let real, imaginary: ClosedRange<Double>
  /// The lengths of a pixel in the two directions.
  private let pixel: (x: Double, y: Double)
  private let contours: [(level: Double, lines: [[ContourLines.Point]])]

  /// - Parameters:
  ///   - block: The matrix.
  ///   - plot: The size of the plot, in pixels.
  init(of block: AnalyzedBlock, plot: (width: Double, height: Double)) throws(StabilityError) {
    self.block = block
    let spectrum = block.analysis.spectrum
    // γλ is what matters, so that a slope bound of γ turns the unit circle into one of radius 1/γ.
    let extent = 1.18 * max(1, 1 / (spectrum.slopeBound ?? 1), spectrum.spectralRadius)
    let unit = extent / min(plot.width, plot.height)
    let real = -plot.width * unit...plot.width * unit
    let imaginary = -plot.height * unit...plot.height * unit
    (self.real, self.imaginary, pixel) = (real, imaginary, (2 * unit, 2 * unit))
    guard let matrix = block.matrix else {
      contours = []
      return
    }
    contours = try SpectrumPanel.contours(of: matrix, spectrum, real, imaginary)
  }

  /// The panel.
  var chart: LineChart {
    let spectrum = block.analysis.spectrum
    var series = contourSeries
    series.append(circle(radius: 1, name: "unit circle"))
    if let slopeBound = spectrum.slopeBound, slopeBound != 1 {
      let radius = 1 / slopeBound
      series.append(circle(radius: radius, name: "circle of radius 1/γ = \(short(radius))"))
      series[series.count - 1].isDashed = true
    }
    series += eigenvalueSeries
    var chart = LineChart(
      "\(block.title): ρ \(short(spectrum.spectralRadius)),"
        + " σ_max \(short(spectrum.largestSingularValue))",
      horizontal: .linear("real part", real), vertical: .linear("imaginary part", imaginary),
      series: series)
    chart.labels = labels
    return chart
  }

  // MARK: - Curves

  private var eigenvalueSeries: [LineChart.Series] {
    let spectrum = block.analysis.spectrum
    let indices = spectrum.eigenvalues.indices
    let place = (spectrum.slopeBound ?? 1) == 1 ? "unit circle" : "circle of radius 1/γ"
    func dots(_ chosen: [Int], _ name: String, _ hue: LineChart.Hue) -> LineChart.Series {
      let values = chosen.map { spectrum.eigenvalues[$0] }
      var series = LineChart.Series(
        "\(chosen.count) eigenvalue\(chosen.count == 1 ? "" : "s") \(name)", x: values.map(\.real),
        values.map(\.imaginary), hue: hue, hasDots: true)
      series.hasLine = false
      series.dotTitles = values.map {
        "λ = \(short($0.real)) \($0.imaginary < 0 ? "−" : "+") \(short(abs($0.imaginary)))i,"
          + " |λ| = \(short($0.length))"
      }
      return series
    }
    let outside = indices.filter { spectrum.isGrowing($0) }
    let others = indices.filter { !spectrum.isGrowing($0) }
    return [
      dots(others, "in the \(place)", .calm),
      dots(outside, "outside the \(place)", .alarm),
    ].filter { !$0.x.isEmpty }
  }

  private func circle(radius: Double, name: String) -> LineChart.Series {
    let angles = (0...180).map { 2 * Double.pi * Double($0) / 180 }
    return LineChart.Series(
      name, x: angles.map { radius * Double.cos($0) }, angles.map { radius * Double.sin($0) },
      hue: .neutral)
  }

  private var contourSeries: [LineChart.Series] {
    let lines = contours.flatMap(\.lines)
    return lines.enumerated().map { index, line in
      var series = LineChart.Series(
        index == 0 ? "ε-pseudospectra, labeled with ε" : "", x: line.map(\.x),
        line.map(\.y), hue: .accent)
      series.isThin = true
      return series
    }
  }

  // MARK: - Pseudospectra

  private static func contours(
    of matrix: Tensor<Double>, _ spectrum: Spectrum, _ real: ClosedRange<Double>,
    _ imaginary: ClosedRange<Double>
  ) throws(StabilityError) -> [(level: Double, lines: [[ContourLines.Point]])] {
    let order = matrix.shape[0]
    guard order <= Pseudospectrum.largestDrawn else { return [] }
    // A point costs about 200·n² flops, and conjugate points are evaluated once.
    let affordable = (2 * 1.5e9 / (200 * Double(order * order))).squareRoot()
    let points = Int(min(81, max(21, affordable)))
    let grid = try Pseudospectrum(
      of: matrix, real: real, imaginary: imaginary, columns: points, rows: points)
    let rounding = Double(order) * Double.ulpOfOne * spectrum.largestSingularValue
    // A line closer to an eigenvalue than two points are apart would be a polygon, or missing.
    let distance = max(
      real.upperBound - real.lowerBound, imaginary.upperBound - imaginary.lowerBound)
    let floor = max(rounding, distance / Double(points - 1))
    return levels(of: grid.logSigma.elements, above: Double.log10(floor)).map { level in
      let contour = ContourLines(
        at: level, of: grid.logSigma, x: grid.realParts, y: grid.imaginaryParts)
      return (level, contour.lines)
    }
  }

  /// About six values of log₁₀ ε between the smallest and the largest value of the grid: 1 and 3
  /// times powers of ten, or powers of ten alone.
  private static func levels(of values: [Double], above floor: Double) -> [Double] {
    let sorted = values.sorted()
    let low = max(floor, sorted[sorted.count / 200])
    let high = sorted[sorted.count - 1 - sorted.count / 50]
    guard low.isFinite, high > low else { return [] }
    let powers = Int(low.rounded(.down))...Int(high.rounded(.up))
    let candidates =
      high - low < 3
      ? powers.flatMap { [Double($0), Double($0) + Double.log10(3)] }
      : stride(
        from: powers.upperBound, through: powers.lowerBound,
        by: -Int(((high - low) / 6).rounded(.up))
      ).map { Double($0) }
    return candidates.filter { low < $0 && $0 < high }
  }

  /// One label for each level, on its line, where it covers neither an eigenvalue nor another
  /// label.
  private var labels: [LineChart.Label] {
    var taken = block.analysis.spectrum.eigenvalues.map { value in
      (x: value.real, y: value.imaginary, width: 7 * pixel.x, height: 7 * pixel.y)
    }
    var labels: [LineChart.Label] = []
    for (level, lines) in contours {
      let text = SpectrumPanel.text(ofLevel: level)
      let width = (6 * Double(text.count) + 4) * pixel.x
      let place = lines.joined().filter { point in
        abs(point.x) + width / 2 < real.upperBound
          && abs(point.y) + 8 * pixel.y < imaginary.upperBound
          && taken.allSatisfy {
            abs($0.x - point.x) > ($0.width + width) / 2
              || abs($0.y - point.y) > ($0.height + 12 * pixel.y) / 2
          }
      }.max { $0.y < $1.y }
      guard let place else { continue }
      taken.append((place.x, place.y, width, 14 * pixel.y))
      labels.append(LineChart.Label(x: place.x, y: place.y, text: text))
    }
    return labels
  }

  private static func text(ofLevel level: Double) -> String {
    let power = Int(level.rounded(.down))
    if (-3...3).contains(power) { return short(Double.exp10(level)) }
    return (level == Double(power) ? "" : "3·") + powerOfTen(power)
  }
}

extension Pseudospectrum {
  /// The largest number of rows of a matrix whose pseudospectra are drawn.
  static var largestDrawn: Int { 256 }
}
