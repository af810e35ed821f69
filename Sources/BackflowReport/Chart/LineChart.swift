/// Curves over one pair of axes: a panel of a `ChartFigure`.
///
///     LineChart("loss", horizontal: .linear("step"), vertical: .logarithmic("nats"), series: […])
///
/// What has no place on an axis is left out and interrupts its curve: NaN, infinity, and on a
/// logarithmic axis whatever is not positive.
public struct LineChart: Sendable, Equatable {
  /// What stands above the panel.
  public var title: String
  /// The axis of x.
  public var horizontal: Scale
  /// The axis of y.
  public var vertical: Scale
  /// The curves, from back to front; the legend names them in this order.
  public var series: [Series]
  /// Lines across the panel at values that mean something.
  public var marks: [Mark]

  /// A panel of these curves.
  public init(
    _ title: String, horizontal: Scale, vertical: Scale, series: [Series], marks: [Mark] = []
  ) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series
    self.marks = marks
  }

  /// An axis: its label, with the unit if there is one, and how values are spread along it.
  public struct Scale: Sendable, Equatable {
    /// What is counted, and in what.
    public var label: String
    /// Whether equal ratios, and not equal differences, take equal space.
    public var isLogarithmic: Bool
    /// The values at the two ends; those of the data, with some room, if `nil`.
    public var range: ClosedRange<Double>?

    /// Equal differences take equal space.
    public static func linear(_ label: String, _ range: ClosedRange<Double>? = nil) -> Scale {
      Scale(label: label, isLogarithmic: false, range: range)
    }

    /// Equal ratios take equal space; a `range` must be positive.
    public static func logarithmic(
      _ label: String, _ range: ClosedRange<Double>? = nil
    ) -> Scale {
      Scale(label: label, isLogarithmic: true, range: range)
    }
  }

  /// A curve through points in the order given, on top of a band if there is one.
  public struct Series: Sendable, Equatable {
    /// Its name in the legend; a curve without one is not listed.
    public var name: String
    /// x and y of each point; two lists of the same length.
    public var x, y: [Double]
    /// The least and the greatest value at each x, drawn as a band.
    public var band: [ClosedRange<Double>]?
    /// Its colour.
    public var hue: Hue
    /// Whether it is dashed.
    public var isDashed: Bool
    /// Whether each point is marked.
    public var hasDots: Bool

    /// A curve of y over x, or over 0, 1, 2, … if `x` is `nil`. Of lists of different lengths the
    /// longer ones are cut.
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
  }

  /// A line across the panel.
  public struct Mark: Sendable, Equatable {
    /// Where it is.
    public var value: Double
    /// What it says, in the legend.
    public var label: String
    /// Whether it stands at an x, and not lies at a y.
    public var isVertical: Bool

    /// A line at a value of y, or of x if it is `vertical`.
    public init(at value: Double, _ label: String, isVertical: Bool = false) {
      self.value = value
      self.label = label
      self.isVertical = isVertical
    }
  }

  /// A colour by its meaning.
  public enum Hue: Sendable, CaseIterable {
    /// What goes wrong.
    case alarm
    /// What goes right.
    case calm
    /// Another that goes right.
    case accent
    /// What others are compared with.
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
