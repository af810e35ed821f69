/// Systems whose figures are known in closed form or published, with which a user can check the
/// analyses of stability on their own machine.
///
/// The module is above the library because the cases are built with its layers, whose types the
/// module Stability may not name.
public enum SelfTest {
  /// All cases. They take about 20 seconds in a release build.
  public static let cases: [SelfTestCase] = matrices + exponents + networks + fixedPoints
}
