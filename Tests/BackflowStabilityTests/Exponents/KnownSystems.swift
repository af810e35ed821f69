import BackflowSelfTest

/// Whether this is a debug build, in which tests follow fewer steps.
#if DEBUG
  let isDebug = true
#else
  let isDebug = false
#endif

/// The systems of the self-test.
typealias KnownSystems = KnownMaps
