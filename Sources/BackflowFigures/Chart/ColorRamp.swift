internal import RealModule

/// Colors in the order of their lightness, from dark violet over blue and green to light yellow, so
/// that larger values look lighter to color-blind readers and in print as well.
///
/// The lightness is that of OKLab (B. Ottosson, "A perceptual color space for image processing",
/// 2020), in which equal differences look equal.
enum ColorRamp {
  /// Returns the color of a share from 0 to 1, such as "#3b528b".
  static func color(_ share: Double) -> String {
    let lightness = 0.3 + 0.6 * share
    // There is less room for color near black and near white.
    let chroma = 0.1 + 0.03 * Double.sin(.pi * share)
    let hue = (300 - 195 * share) * .pi / 180
    return hexadecimal(lightness, chroma * .cos(hue), chroma * .sin(hue))
  }

  /// The sRGB color of a color in OKLab; what is out of its range is cut off.
  private static func hexadecimal(_ lightness: Double, _ a: Double, _ b: Double) -> String {
    func cube(_ root: Double) -> Double { root * root * root }
    let l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b)
    let m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b)
    let s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b)
    let linear = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
    return "#"
      + linear.map { component in
        let inRange = min(max(component, 0), 1)
        let encoded =
          inRange <= 0.0031308 ? 12.92 * inRange : 1.055 * .pow(inRange, 1 / 2.4) - 0.055
        let byte = Int((255 * encoded).rounded())
        return (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }
}
