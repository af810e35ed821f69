import BackflowKernels
import TestSupport
import Testing

@Suite struct `A buffer` {
  @Test(arguments: [1, 3, 16, 17, 1000, 100_000])
  func `starts at a multiple of 64 bytes`(count: Int) {
    #expect(address(of: Buffer<Float>(uninitialized: count)) % 64 == 0)
    #expect(address(of: Buffer<Double>(uninitialized: count)) % 64 == 0)
    #expect(address(of: Buffer<UInt8>(uninitialized: count)) % 64 == 0)
  }

  @Test func `holds the elements that it was created with`() {
    #expect(Buffer(repeating: 2.5, count: 3).elements == [2.5, 2.5, 2.5])
    let numbers = samples(1000, as: Float.self)
    let buffer = Buffer(copying: numbers.span)
    #expect(buffer.count == 1000)
    #expect(buffer.elements == numbers)
    let (count, last) = (buffer.span.count, buffer.span[999])
    #expect(count == 1000 && last == numbers[999])
  }

  @Test func `may be empty`() {
    let empties = [
      Buffer<Double>(uninitialized: 0), Buffer(repeating: 1, count: 0),
      Buffer(copying: [Double]().span),
    ]
    for var buffer in empties {
      #expect(buffer.count == 0 && buffer.elements.isEmpty)
      let (readable, writable) = (buffer.span.count, buffer.mutableSpan.count)
      #expect(readable == 0 && writable == 0)
    }
  }

  @Test func `does not see a change of its copy`() {
    let original = Buffer(copying: [1.0, 2, 3].span)
    var copy = original
    #expect(copy.sharesMemory(with: original))
    set(&copy, at: 1, to: 20)
    #expect(copy.elements == [1, 20, 3])
    #expect(original.elements == [1, 2, 3])
    #expect(!copy.sharesMemory(with: original))
  }

  @Test func `does not pass a change on to its copy`() {
    var original = Buffer(copying: [Float(1), 2, 3].span)
    let copies = [original, original]
    set(&original, at: 0, to: 10)
    #expect(original.elements == [10, 2, 3])
    for copy in copies { #expect(copy.elements == [1, 2, 3]) }
    #expect(copies[0].sharesMemory(with: copies[1]))
  }

  @Test func `that is uniquely referenced changes in place`() {
    var buffer = Buffer(copying: [1.0, 2, 3].span)
    let before = address(of: buffer)
    set(&buffer, at: 2, to: 30)
    #expect(address(of: buffer) == before)
    #expect(buffer.elements == [1, 2, 30])
  }

  @Test func `is uniquely referenced again when its copies are gone`() {
    var buffer = Buffer(copying: [1.0, 2, 3].span)
    let before = address(of: buffer)
    do {
      let copy = buffer
      #expect(copy.sharesMemory(with: buffer))
    }
    set(&buffer, at: 0, to: 10)
    #expect(address(of: buffer) == before)
  }

  @Test func `stops an access outside it and a negative count`() async {
    let outside = await #expect(processExitsWith: .failure) {
      let buffer = Buffer<Double>(repeating: 0, count: 3)
      _ = buffer.span[3]
    }
    #expect(outside != nil)
    let negative = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { _ = Buffer<Double>(uninitialized: -1) }
    #expect(stopMessage(negative).contains("a buffer cannot hold -1 elements"))
  }

  private func set<Element>(_ buffer: inout Buffer<Element>, at index: Int, to value: Element) {
    var elements = buffer.mutableSpan
    elements[index] = value
  }

  private func address<Element>(of buffer: Buffer<Element>) -> Int {
    buffer.span.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) }
  }
}
