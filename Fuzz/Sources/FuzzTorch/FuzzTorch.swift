import FuzzSupport

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  readEverything(UnsafeBufferPointer(start: start, count: count), name: "a.pt")
  return 0
}
