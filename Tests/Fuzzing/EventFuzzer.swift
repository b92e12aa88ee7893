/// What libFuzzer calls with each input: the reader of event files.
///
/// Compiled by `Tests/Fuzzing/run` together with the reader's sources, without those of `Platform`. The input is the data of
/// a record with the right checksums, and then a file of its own.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEvents(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let length = littleEndian(UInt64(count))
    let record =
        length + littleEndian(Checksum.masked(of: length[...])) + bytes + littleEndian(Checksum.masked(of: bytes[...]))
    var hasRecord = false
    for file in [record + bytes, bytes] {
        var reader = RecordReader(ReadableFile(file))
        reading: while true {
            let before = reader.offset
            guard let step = try? reader.nextRecord() else { fatalError("no input is an error") }
            precondition(reader.offset <= file.count, "no record ends behind the file")
            switch step {
            case .record(let data):
                hasRecord = hasRecord || Array(data) == bytes
                let event = try? Event(data)
                precondition(event?.values.count ?? 0 <= data.count, "each value has some bytes")
            case .skipped: precondition(reader.offset > before, "the reader moves on")
            case .wait, .damaged: break reading
            }
        }
    }
    precondition(hasRecord, "a whole record is found")
    return 0
}

private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A file in memory, in place of the one of `Platform`.
package final class ReadableFile: Sendable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var size: Int {
        get throws(PlatformError) { bytes.count }
    }

    func readBytes(at offset: Int, upTo count: Int) throws(PlatformError) -> [UInt8] {
        Array(bytes.dropFirst(offset).prefix(count))
    }
}

/// The error of the file above, which has none.
package enum PlatformError: Error {}
