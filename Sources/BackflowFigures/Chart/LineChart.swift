/// Curves over one pair of axes: a panel of a `ChartFigure`.
///
///     LineChart("loss", horizontal: .linear("step"), vertical: .logarithmic("nats"), series: […])
///
/// A value that an axis cannot show is omitted and interrupts its curve: NaN, infinity, and, on a
/// logarithmic axis, a value that is not positive. `Series.withArrows` marks infinity.
public struct LineChart: Sendable, Equatable {
  /// The title of the panel.
  public var title: String
  /// The horizontal axis.
  public var horizontal: Scale
  /// The vertical axis.
  public var vertical: Scale
  /// The curves, from back to front. The legend lists them in this order.
  public var series: [Series]
  /// Lines across the panel at notable values.
  public var marks: [Mark]
  /// Short texts at points of the panel.
  var labels: [Label] = []

  /// Creates a panel from its curves.
  public init(
    _ title: String, horizontal: Scale, vertical: Scale, series: [Series], marks: [Mark] = []
  ) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
    self.marks = marks
  }

  /// An axis: its label, with the unit if there is one, and its scale.
  public struct Scale: Sendable, Equatable {
    /// The quantity and its unit.
    public var label: String
    /// Whether the scale is logarithmic.
    public var isLogarithmic: Bool
    /// Whether the values are decimal logarithms, whose ticks are powers of ten.
    var hasExponents = false
    /// Whether only whole numbers have ticks.
    var isWhole = false
    /// The values at the two ends, or `nil` to use the range of the data with a margin.
    public var range: ClosedRange<Double>?

    /// Returns a linear scale.
    public static func linear(_ label: String, _ range: ClosedRange<Double>? = nil) -> Scale {
      Scale(label: label, isLogarithmic: false, range: range)
    }

    /// Returns a logarithmic scale, whose `range` must be positive.
    public static func logarithmic(
      _ label: String, _ range: ClosedRange<Double>? = nil
    ) -> Scale {
      Scale(label: label, isLogarithmic: true, range: range)
    }

    /// Returns a linear scale for whole numbers.
    public static func count(_ label: String, _ range: ClosedRange<Double>? = nil) -> Scale {
      Scale(label: label, isLogarithmic: false, isWhole: true, range: range)
    }

    /// Returns a scale for decimal logarithms of numbers that may be out of the range of `Double`,
    /// with powers of ten as ticks.
    public static func exponents(_ label: String, _ range: ClosedRange<Double>? = nil) -> Scale {
      Scale(label: label, isLogarithmic: false, hasExponents: true, range: range)
    }
  }

  /// A curve through points in the given order, with an optional band behind it.
  public struct Series: Sendable, Equatable {
    /// The name in the legend, or an empty string to omit the curve from the legend.
    public var name: String
    /// The coordinates of the points, in two arrays of equal count.
    public var x, y: [Double]
    /// The lower and upper bounds at each x, drawn as a band.
    public var band: [ClosedRange<Double>]?
    /// The color of the curve.
    public var hue: Hue
    /// Whether the curve is dashed.
    public var isDashed: Bool
    /// Whether each point has a marker.
    public var hasDots: Bool
    /// Whether the points are connected.
    var hasLine = true
    /// Whether the line is thin.
    var isThin = false
    /// Whether the bounds are drawn as error bars instead of a band.
    var hasErrorBars = false
    /// Whether a value beyond the axis has an arrow at the edge: +∞ at the upper one; −∞, or 0 on a
    /// logarithmic axis, at the lower one.
    var hasArrows = false
    /// The tooltips of the dots, or `nil` for the coordinates.
    var dotTitles: [String]?

    /// Creates a curve of y over x, or over 0, 1, 2, … if `x` is `nil`. If the arrays have
    /// different counts, the longer ones are truncated.
    public init(
      _ name: String, x: [Double]? = nil, _ y: [Double], band: [ClosedRange<Double>]? = nil,
      hue: Hue, isDashed: Bool = false, hasDots: Bool = false
    ) {
      let x = x ?? y.indices.map { Double($0) }
      let count = Swift.min(x.count, y.count, band?.count ?? y.count)
      self.name = name
      self.x = Array(x.prefix(count))
      self.y = Array(y.prefix(count))
      self.band = band.map { Array($0.prefix(count)) }
      self.hue = hue
      self.isDashed = isDashed
      self.hasDots = hasDots
    }

    /// The curve with an arrow to the edge of the panel at each value that its axis cannot show: up
    /// at +∞, and down at −∞ or, on a logarithmic axis, at 0.
    public var withArrows: Series {
      var series = self
      series.hasArrows = true
      return series
    }
  }

  /// A line across the panel.
  public struct Mark: Sendable, Equatable {
    /// The position on its axis.
    public var value: Double
    /// The label in the legend, or an empty string to omit the line from the legend.
    public var label: String
    /// Whether the line is vertical, at a value of x.
    public var isVertical: Bool

    /// Creates a line at a value of y, or of x if it is vertical.
    public init(at value: Double, _ label: String, isVertical: Bool = false) {
      self.value = value
      self.label = label
      self.isVertical = isVertical
    }
  }

  /// A text centered at a point, on a white ground.
  struct Label: Sendable, Equatable {
    let x, y: Double
    let text: String
  }

  /// A color, named by its meaning.
  public enum Hue: Sendable, CaseIterable {
    /// A failure.
    case alarm
    /// A success.
    case calm
    /// A second success.
    case accent
    /// A reference for comparison.
    case neutral

    var color: String {
      switch self {
      case .alarm: Palette.alarm
      case .calm: Palette.calm
      case .accent: Palette.accent
      case .neutral: Palette.ink
      }
    }
  }
}
